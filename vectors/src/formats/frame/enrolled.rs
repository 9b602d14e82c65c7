//! Cases of types 2, 6 and 7: a phone enrols, and what it says from then on.

use lapwing_model::Sector;
use lapwing_seal::{
    Bearer, BucketSecret, By, CellLabel, CheckIn, Enrolment, Forwarded, Frame, Invite, Known,
    Purpose, RootSecret, Said, Speaker, Statement, StepId, StepKey, WhisperSpeaker,
};
use lapwing_wire::{Whisper, WhisperKind};

use super::plaintext;
use crate::Case;
use crate::cbor::{head, map};
use crate::world::{NOW, report, shelling};

const ENROLMENT: u8 = 2;
const WHISPER: u8 = 6;
const KNOWN: u8 = 7;

fn root() -> RootSecret {
    RootSecret::from_bytes([0x11; 32])
}

fn bucket() -> BucketSecret {
    BucketSecret::from_bytes([0x22; 32])
}

/// Step 0 of a chain of the phone in these cases.
fn step(purpose: Purpose) -> (StepId, StepKey) {
    Speaker::new(root().chain(purpose)).take()
}

fn cell() -> CellLabel {
    CellLabel::from_bytes([0x66; 8])
}

fn say(said: Said) -> Frame {
    let (id, key) = step(Purpose::Mac);
    Frame::Known(Known::say((id, &key), cell(), said))
}

fn statement() -> Statement {
    Statement {
        seed: report().seed,
        observation: shelling(),
        replayed_at: None,
    }
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len() as u64), bytes.to_vec()].concat()
}

pub(super) fn cases() -> Vec<Case> {
    let ok = |name: &str, frame: Frame, note: &str| {
        let bytes = frame.encode().expect("it fits");
        Case::bytes(name, bytes.as_slice(), "ok", note)
    };
    let no = |name: &str, kind: u8, body: &[u8], expect: &str, note: &str| {
        Case::bytes(name, &plaintext(kind, body), expect, note)
    };
    let by_invite = Enrolment {
        root: root(),
        bucket: bucket(),
        drops: 7,
        sector: Sector::from_number(200_000).expect("a sector"),
        by: By::Invite(Invite::from_secret([0x33; 10])),
    };
    let (id, key) = step(Purpose::Renewal);
    let new_root = RootSecret::from_bytes([0x44; 32]);
    let renewal = Enrolment::renewal(
        new_root,
        bucket(),
        900,
        Sector::from_number(200_000).expect("it is one"),
        cell(),
        (id, &key),
    );

    let head_entries = || {
        vec![
            (1, octets(&[0x11; 32])),
            (2, octets(&[0x22; 32])),
            (3, head(0, 7)),
        ]
    };
    let sector = || (8, head(0, 200_000));
    let enrolment =
        |more: &[(u64, Vec<u8>)]| map(&[head_entries(), more.to_vec(), vec![sector()]].concat());
    let invite = || (4, octets(&[0x33; 10]));
    let with = |n: usize, value: Vec<u8>| {
        let mut all = [head_entries(), vec![invite(), sector()]].concat();
        all[n].1 = value;
        map(&all)
    };
    let mut swapped = [head_entries(), vec![invite(), sector()]].concat();
    swapped.swap(0, 2);

    // Whatever lies at a step is read before its MAC is looked at: the desk looks the step up first.
    let known = |inner: &[u8]| [&[0x55; 32], inner].concat();
    let list = |acks: &[u64]| {
        let heads = acks.iter().flat_map(|ack| head(0, *ack)).collect();
        [head(4, acks.len() as u64), heads].concat()
    };
    let check_in = |acks: &[u64], well: Vec<u8>| {
        known(&[vec![4], map(&[(1, list(acks)), (2, well)])].concat())
    };
    let said_report = |entries: &[(u64, Vec<u8>)]| known(&[vec![8], map(entries)].concat());
    let seed = || (1, octets(report().seed.as_bytes()));
    let seen = || (2, octets(&shelling().encode()));
    let true_ = || vec![0xf5];
    vec![
        ok(
            "an enrolment by invite",
            Frame::Enrolment(by_invite),
            "annotated in PROTOCOL.md",
        ),
        ok(
            "a renewal",
            Frame::Enrolment(renewal),
            "signed with step 0 of the chain `renewal`",
        ),
        no("an enrolment of nothing", ENROLMENT, &[], "encoding", ""),
        no(
            "an enrolment by nothing",
            ENROLMENT,
            &enrolment(&[]),
            "encoding",
            "a map of four",
        ),
        no(
            "an enrolment by invite and step",
            ENROLMENT,
            &enrolment(&[invite(), (5, octets(&[1; 8]))]),
            "encoding",
            "one or the other",
        ),
        no(
            "a renewal without its MAC",
            ENROLMENT,
            &enrolment(&[(5, octets(&[1; 8])), (6, octets(&[0x66; 8]))]),
            "encoding",
            "",
        ),
        no(
            "a renewal with a MAC of 15 bytes",
            ENROLMENT,
            &enrolment(&[
                (5, octets(&[1; 8])),
                (6, octets(&[0x66; 8])),
                (7, octets(&[2; 15])),
            ]),
            "encoding",
            "",
        ),
        no(
            "a renewal without a cell",
            ENROLMENT,
            &enrolment(&[(5, octets(&[1; 8])), (7, octets(&[2; 16]))]),
            "encoding",
            "the desk keeps of nobody which cell they are of",
        ),
        no(
            "a renewal with a label of 7 bytes",
            ENROLMENT,
            &enrolment(&[
                (5, octets(&[1; 8])),
                (6, octets(&[0x66; 7])),
                (7, octets(&[2; 16])),
            ]),
            "encoding",
            "",
        ),
        no(
            "a root of 31 bytes",
            ENROLMENT,
            &with(0, octets(&[0x11; 31])),
            "encoding",
            "",
        ),
        no(
            "a bucket secret of 33 bytes",
            ENROLMENT,
            &with(1, octets(&[0x22; 33])),
            "encoding",
            "",
        ),
        no(
            "a number of drops of 33 bits",
            ENROLMENT,
            &with(2, head(0, 1 << 32)),
            "encoding",
            "",
        ),
        no(
            "an invite of 11 bytes",
            ENROLMENT,
            &with(3, octets(&[0x33; 11])),
            "encoding",
            "the check is for people, not for the desk",
        ),
        no(
            "an invite as text",
            ENROLMENT,
            &with(3, [head(3, 10), vec![b'x'; 10]].concat()),
            "encoding",
            "",
        ),
        no(
            "a sector that is nowhere on earth",
            ENROLMENT,
            &with(4, head(0, 259_200)),
            "encoding",
            "there are 259,200 half degrees",
        ),
        no(
            "an enrolment without a sector",
            ENROLMENT,
            &map(&[head_entries(), vec![invite()]].concat()),
            "encoding",
            "",
        ),
        no(
            "members of an enrolment out of order",
            ENROLMENT,
            &map(&swapped),
            "encoding",
            "",
        ),
        no(
            "a byte after an enrolment",
            ENROLMENT,
            &[enrolment(&[invite()]), vec![1]].concat(),
            "encoding",
            "",
        ),
        ok(
            "a report at a step",
            say(Said::Report(statement())),
            "annotated in PROTOCOL.md",
        ),
        ok(
            "a replayed report at a step",
            say(Said::Report(Statement {
                replayed_at: Some(NOW - 86_400),
                ..statement()
            })),
            "a live desk refuses it",
        ),
        ok(
            "a report for practice",
            say(Said::Drill(statement())),
            "never in an incident",
        ),
        ok(
            "a message",
            say(Said::Message("вода скінчилася".into())),
            "",
        ),
        ok(
            "the longest message",
            say(Said::Message("x".repeat(560))),
            "",
        ),
        ok(
            "a check-in",
            say(Said::CheckIn(CheckIn {
                acks: vec![3, 9],
                well: None,
            })),
            "of the phone by itself: it says nothing of its owner",
        ),
        ok(
            "a check-in of somebody who is well",
            say(Said::CheckIn(CheckIn {
                acks: vec![3, 9],
                well: Some(true),
            })),
            "",
        ),
        ok(
            "a check-in of somebody who is not well",
            say(Said::CheckIn(CheckIn {
                acks: Vec::new(),
                well: Some(false),
            })),
            "",
        ),
        no("a step id cut off", KNOWN, &[0x55; 7], "encoding", ""),
        no("a MAC cut off", KNOWN, &[0x55; 23], "encoding", ""),
        no("a label cut off", KNOWN, &[0x55; 31], "encoding", ""),
        no("nothing said", KNOWN, &[0x55; 32], "encoding", ""),
        no(
            "cover at a step",
            KNOWN,
            &known(&[0]),
            "type",
            "cover has no author",
        ),
        no("an enrolment at a step", KNOWN, &known(&[2]), "type", ""),
        no("a step at a step", KNOWN, &known(&[7]), "type", ""),
        no("an empty message", KNOWN, &known(&[3]), "length", ""),
        no(
            "a message of 561 bytes",
            KNOWN,
            &known(&[vec![3], vec![b'x'; 561]].concat()),
            "length",
            "",
        ),
        no(
            "a message that is no UTF-8",
            KNOWN,
            &known(&[3, 0xff]),
            "encoding",
            "",
        ),
        no(
            "acknowledgements out of order",
            KNOWN,
            &check_in(&[9, 3], true_()),
            "encoding",
            "",
        ),
        no(
            "an acknowledgement twice",
            KNOWN,
            &check_in(&[3, 3], true_()),
            "encoding",
            "",
        ),
        no(
            "65 acknowledgements",
            KNOWN,
            &check_in(&(0..65).collect::<Vec<_>>(), true_()),
            "encoding",
            "",
        ),
        no(
            "an acknowledgement of 33 bits",
            KNOWN,
            &check_in(&[1 << 32], true_()),
            "encoding",
            "",
        ),
        no(
            "a check-in of three members",
            KNOWN,
            &known(&[vec![4], map(&[(1, list(&[])), (2, true_()), (3, true_())])].concat()),
            "encoding",
            "",
        ),
        no(
            "a check-in that is well by number",
            KNOWN,
            &check_in(&[], head(0, 1)),
            "encoding",
            "",
        ),
        no(
            "a report at a step without a seed",
            KNOWN,
            &said_report(&[seen()]),
            "encoding",
            "",
        ),
        no(
            "a report at a step with a fourth member",
            KNOWN,
            &said_report(&[seed(), seen(), (3, head(0, 1)), (4, head(0, 1))]),
            "encoding",
            "",
        ),
        no(
            "a report for practice of nothing",
            KNOWN,
            &known(&[9]),
            "encoding",
            "",
        ),
        no(
            "a whisper at a step",
            KNOWN,
            &known(&[6]),
            "type",
            "it has a step of its own",
        ),
        no(
            "a report at a step of nothing",
            KNOWN,
            &said_report(&[seed(), (2, octets(&[]))]),
            "observation",
            "",
        ),
    ]
    .into_iter()
    .chain(forwarded())
    .collect()
}

/// What a gateway forwards.
fn forwarded() -> Vec<Case> {
    let mut phone = WhisperSpeaker::new(&root());
    let mut said = || phone.say(WhisperKind::Report, 0x2a_aaaa_aaaa_aaaa).0;
    let whispers: Vec<Whisper> = (0..17).map(|_| said()).collect();
    let ok = |name: &str, count: usize, note: &str| {
        let frame = Frame::Whisper(Forwarded {
            heard_at: NOW,
            bearer: Bearer::Text,
            whispers: whispers[..count].to_vec(),
        });
        let bytes = frame.encode().expect("it fits");
        Case::bytes(name, bytes.as_slice(), "ok", note)
    };
    let no = |name: &str, body: &[u8], note: &str| {
        Case::bytes(name, &plaintext(WHISPER, body), "encoding", note)
    };
    let list = |whispers: &[Vec<u8>]| {
        let each = whispers.iter().flat_map(|bytes| octets(bytes)).collect();
        [head(4, whispers.len() as u64), each].concat()
    };
    let bytes: Vec<Vec<u8>> = whispers.iter().map(|w| w.to_bytes().to_vec()).collect();
    let heard = || (1, head(0, NOW.unsigned_abs()));
    let bearer = |number| (2, head(0, number));
    let body =
        |bearing: u64, whispers: &[Vec<u8>]| map(&[heard(), bearer(bearing), (3, list(whispers))]);
    let mut spare = bytes[0].clone();
    spare[13] |= 1;
    vec![
        ok("a whisper", 1, "forwarded by a gateway of text messages"),
        ok(
            "sixteen readings of a whisper",
            16,
            "at most one is genuine",
        ),
        no("no reading of a whisper", &body(1, &[]), ""),
        no("seventeen readings of a whisper", &body(1, &bytes), ""),
        no("a whisper by an unknown bearer", &body(3, &bytes[..1]), ""),
        no(
            "a whisper of 13 bytes",
            &body(1, &[bytes[0][..13].to_vec()]),
            "",
        ),
        no(
            "a whisper with a spare bit set",
            &body(1, &[spare]),
            "110 bits",
        ),
        no(
            "a whisper without a time",
            &map(&[bearer(1), (3, list(&bytes[..1]))]),
            "what its time is counted from",
        ),
        no(
            "a byte after a whisper",
            &[body(1, &bytes[..1]), vec![0]].concat(),
            "",
        ),
    ]
}
