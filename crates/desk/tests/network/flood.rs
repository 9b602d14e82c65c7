//! Somebody sends thousands of envelopes of their own making.

use lapwing_seal::{
    BucketSecret, CellLabel, FieldSeed, Frame, Invite, Known, Report, Said, Statement, seal,
};
use lapwing_wire::{ENVELOPE_LEN, Envelope};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::{
    person::{Deed, author, observation},
    schedule::{Faults, Get, Op},
    wires::Fault,
    world::{BUCKETS, Story, World, prepare, runtime, sector},
};

/// More than the desk keeps of phones that it refused: 1,000.
const MADE_UP: usize = 1_100;
/// Of everything else.
const JUNK: usize = 200;

/// A flood of invites that nobody made, all for the bucket of one witness, with junk, steps of nobody and reports
/// among them. Two witnesses are written to meanwhile, and one of them misses the first drop with their letter.
#[test]
fn a_flood_of_made_up_envelopes_harms_nobody() {
    prepare();
    let story = Story {
        people: vec![vec![Deed::Join(0)], vec![Deed::Join(1), Deed::Report(0)]],
        letters: Vec::new(),
        seed: 11,
    };
    runtime().block_on(async {
        let mut world = World::new(&story).await;
        world.finish().await;
        let counted = world.pages().get("/api/overview").await["counters"].clone();
        for half in 0..2 {
            for envelope in flood(&world, half) {
                let relay = &world.wires.relays.read().await[half];
                assert_eq!(relay.post(&envelope).await.0, 201);
            }
            for _ in 0..4 {
                let relay = half as u8;
                world
                    .step(Op::Pull(relay, Fault::None, crate::relay::Mood::Honest))
                    .await;
            }
        }
        for (letter, to) in ["i0", "i1"].into_iter().enumerate() {
            world.writes_to(to, &format!("{to} c{letter}"));
            world.step(Op::Writes).await;
        }
        let misses = Faults {
            drop: Get::Lost,
            ..Faults::NONE
        };
        world.round_but_for(0, misses).await;
        for _ in 0..2 {
            world.fair_round().await;
        }
        for person in &world.people {
            let talk: Vec<&String> = person.talk.values().collect();
            assert_eq!(talk.len(), 1, "person {} has {talk:?}", person.n);
        }
        // What was sent was taken for what it is, all of it, and nothing else has changed.
        let now = world.pages().get("/api/overview").await["counters"].clone();
        let more = |name: &str| now[name].as_u64().unwrap() - counted[name].as_u64().unwrap();
        assert_eq!(more("enrolments"), 2 * MADE_UP as u64);
        assert_eq!(more("accepted"), 2 * JUNK as u64);
        assert_eq!(more("messages"), 0);
        let refused = now["refused"].as_array().unwrap().iter();
        let refused: Vec<_> = refused
            .map(|r| (r["reason"].as_str().unwrap(), &r["count"]))
            .collect();
        let each = serde_json::json!(2 * JUNK);
        assert_eq!(refused, [("author", &each), ("seal", &each)]);
        assert_eq!(
            world.pages().cell().await["members"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert!(world.rebuild().await);
    });
}

/// All that somebody can make who has read the bulletin, and knows the bucket of a witness.
fn flood(world: &World, half: usize) -> Vec<Vec<u8>> {
    let rng = &mut ChaCha20Rng::seed_from_u64(half as u64);
    let now = world.clocks.now();
    let victim = &world.people[0];
    let crowded = victim.bucket(now, BUCKETS);
    let mut out = Vec::new();
    for _ in 0..MADE_UP {
        let bucket = loop {
            let drawn = BucketSecret::generate(rng);
            if drawn.bucket(now, BUCKETS) == crowded {
                break drawn;
            }
        };
        let mut phone = victim.phone.another(author(99));
        phone.recall(bucket, None).unwrap();
        let invite = Invite::generate(rng);
        out.push(phone.enrol(rng, invite, sector(), now).unwrap());
    }
    let key = victim
        .phone
        .bulletin()
        .unwrap()
        .key_at(now)
        .unwrap()
        .clone();
    let to = lapwing_seal::ReceptionPublic::parse(key.epoch, &key.public).unwrap();
    for n in 0..JUNK {
        let mut junk = vec![0; ENVELOPE_LEN];
        rng.fill_bytes(&mut junk);
        let header = Envelope::header_for(key.epoch, &[7; 32]);
        junk[..header.len()].copy_from_slice(&header);
        out.push(Envelope::from_bytes(&junk).unwrap());
        let known = |said, rng: &mut ChaCha20Rng| {
            let mut known = Known {
                id: [0; 8],
                mac: [0; 16],
                cell: CellLabel::from_bytes([7; 8]),
                said,
            };
            rng.fill_bytes(&mut known.id);
            Frame::Known(known)
        };
        let statement = Statement {
            seed: FieldSeed::generate(rng),
            observation: observation(1, format!("made up {n}"), now),
            replayed_at: None,
        };
        let frames = [
            known(Said::Message("made up".into()), rng),
            match n % 2 {
                0 => known(Said::Report(statement), rng),
                _ => Frame::Report(Report {
                    author: [n as u8; 16],
                    sequence: 0,
                    seed: statement.seed,
                    observation: statement.observation,
                    replayed_at: None,
                }),
            },
        ];
        out.extend(frames.map(|frame| seal(rng, &to, &frame).unwrap()));
    }
    out.into_iter()
        .map(|envelope| envelope.as_bytes().to_vec())
        .collect()
}
