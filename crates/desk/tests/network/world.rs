//! Everybody together, and one step at a time.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use axum::body::Bytes;
use lapwing_desk::{ByHand, ClockMode, Desk, DeskConfig, DropPlan, Gazetteer, KeySource, RelayUrl};
use lapwing_model::{Form, Place, Region, Sector};
use lapwing_seal::Invite;
use lapwing_wire::VerifyingKey;
use tempfile::TempDir;

use crate::{
    clocks::{Clocks, Hand},
    coordinator::Pages,
    person::{Deed, Person, spot},
    relay::{Mood, RelayHost},
    schedule::{Faults, Get, Op, Part, Post},
    wires::{DeskLine, Fault, Wires},
};

/// One hour into a tag epoch: these begin on Thursdays.
pub(crate) const BEGINNING: i64 = 2_960 * 7 * 86_400 + 3_600;
const HOUR_S: i64 = 3_600;

/// Where everybody is.
pub(crate) fn sector() -> Sector {
    let (lat, lon) = spot(0);
    Sector::around(Place::from_degrees(lat, lon).unwrap())
}

pub(crate) const DAY_S: i64 = 86_400;
const RELAYS: usize = 2;
pub(crate) const BUCKETS: u16 = 3;
/// Steps of a witness that may be on their way at once: below the 32 that a desk follows.
const ON_THE_WAY: u32 = 26;
/// Longest time for which the network may be unfair to what was sealed: a reception key is deleted
/// 35 days after its week.
const UNFAIR_S: i64 = 20 * DAY_S;
/// What is not over after so many fair rounds never will be.
const ROUNDS: usize = 60;

/// A desk with a cell and some invites, made once: the derivation of the coordinator's key is slow on purpose.
struct Beginning {
    dir: TempDir,
    root: [u8; 32],
    invites: Vec<Invite>,
}

/// Invites of the beginning, by the labels under which they were made.
pub(crate) const LABELS: [&str; 4] = ["i0", "i1", "i2", "i3"];

static MADE: LazyLock<Beginning> = LazyLock::new(|| {
    let dir = folder();
    let clocks = Clocks::new(BEGINNING, 0, 0);
    let config = config(&dir.path().join("desk"), dir.path(), clocks.desk());
    let desk = Desk::init(config).unwrap();
    let root = desk.root_key();
    let sign_in = sign_in(&desk);
    let runtime = runtime();
    let invites = runtime.block_on(async {
        let key = VerifyingKey::from_bytes(&root).unwrap();
        let wires = Arc::new(Wires::new(Vec::new(), key));
        let desk = desk.by_hand(Arc::new(DeskLine(wires))).unwrap();
        let mut pages = Pages::open(desk.app(), &sign_in).await;
        pages.found().await;
        let mut invites = Vec::new();
        for label in LABELS {
            invites.push(pages.invite(label, 90 * DAY_S).await);
        }
        desk.end().await;
        invites
    });
    Beginning { dir, root, invites }
});

/// Makes the desk with which worlds begin, if that was not done: not within a runtime.
pub(crate) fn prepare() {
    LazyLock::force(&MADE);
}

/// A folder in memory where the system has one: what the disk's syncs cost is no part of this.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
    .unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn config(folder: &Path, keys: &Path, clock: Hand) -> DeskConfig {
    let relay = |n| RelayUrl::parse(&format!("http://relay-{n}")).unwrap();
    DeskConfig {
        data_dir: folder.to_owned(),
        key: key(keys),
        mode: ClockMode::Live,
        relays: (0..RELAYS).map(relay).collect(),
        region: Region {
            south_west: Place::from_degrees(44.0, 22.0).unwrap(),
            north_east: Place::from_degrees(52.5, 40.3).unwrap(),
        },
        form: Form::civil_protection(),
        gazetteer: Gazetteer::default(),
        web_dir: None,
        pmtiles: None,
        drops: DropPlan::new(3_600, BUCKETS).unwrap(),
        clock: Arc::new(clock),
    }
}

fn key(dir: &Path) -> KeySource {
    KeySource::File {
        path: dir.join("desk.key"),
        create: true,
    }
}

fn sign_in(desk: &Desk) -> String {
    desk.sign_in_address("127.0.0.1:9".parse().unwrap())
}

/// What people mean to do: the same whatever the network does.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// One list a person.
    pub(crate) people: Vec<Vec<Deed>>,
    /// To whom the coordinator writes, in order: labels of invites.
    pub(crate) letters: Vec<&'static str>,
    pub(crate) seed: u64,
}

/// A letter that the desk has taken.
pub(crate) struct Letter {
    pub(crate) to: &'static str,
    pub(crate) text: String,
    pub(crate) at: i64,
}

pub(crate) struct World {
    pub(crate) clocks: Clocks,
    dir: TempDir,
    desk_dir: PathBuf,
    pub(crate) wires: Arc<Wires>,
    desk: Option<ByHand>,
    pages: Option<Pages>,
    pub(crate) people: Vec<Person>,
    invites: Vec<Invite>,
    letters: VecDeque<(&'static str, String)>,
    pub(crate) written: Vec<Letter>,
    fair_at: i64,
    folders: u32,
}

impl World {
    pub(crate) async fn new(story: &Story) -> Self {
        let dir = folder();
        let made = &*MADE;
        let clocks = Clocks::new(BEGINNING, RELAYS, story.people.len());
        copy(&made.dir.path().join("desk"), &dir.path().join("desk"));
        fs::copy(
            made.dir.path().join("desk.key"),
            dir.path().join("desk.key"),
        )
        .unwrap();
        let root = VerifyingKey::from_bytes(&made.root).unwrap();
        let mut relays = Vec::new();
        for n in 0..RELAYS {
            let folder = dir.path().join(format!("relay-{n}"));
            relays.push(RelayHost::new(&folder, root, clocks.relay(n)).await);
        }
        let person = |(n, deeds): (usize, &Vec<Deed>)| {
            let seed = story.seed ^ (n as u64) << 32;
            Person::new(n, made.root, seed, BEGINNING, deeds.iter().cloned())
        };
        let letter = |(n, to): (usize, &&'static str)| (*to, format!("{to} c{n}"));
        let mut world = Self {
            desk_dir: dir.path().join("desk"),
            dir,
            wires: Arc::new(Wires::new(relays, root)),
            desk: None,
            pages: None,
            people: story.people.iter().enumerate().map(person).collect(),
            // One that nobody made.
            invites: [
                &made.invites[..],
                &[Invite::from_secret(
                    story.seed.to_be_bytes().repeat(2)[..10].try_into().unwrap(),
                )],
            ]
            .concat(),
            letters: story.letters.iter().enumerate().map(letter).collect(),
            written: Vec::new(),
            fair_at: BEGINNING,
            folders: 0,
            clocks,
        };
        world.open_desk().await;
        world
    }

    async fn open_desk(&mut self) {
        let config = config(&self.desk_dir, self.dir.path(), self.clocks.desk());
        let desk = Desk::open(config).unwrap();
        let sign_in = sign_in(&desk);
        let desk = desk
            .by_hand(Arc::new(DeskLine(Arc::clone(&self.wires))))
            .unwrap();
        self.pages = Some(Pages::open(desk.app(), &sign_in).await);
        self.desk = Some(desk);
    }

    async fn end_desk(&mut self) {
        self.pages = None;
        self.desk.take().unwrap().end().await;
    }

    /// Ends the desk, and derives again what it has.
    pub(crate) async fn rebuild(&mut self) -> bool {
        self.end_desk().await;
        let rebuilt = Desk::rebuild(&self.desk_dir, &key(self.dir.path())).unwrap();
        self.open_desk().await;
        rebuilt.identical
    }

    pub(crate) fn pages(&mut self) -> &mut Pages {
        self.pages.as_mut().unwrap()
    }

    fn desk(&mut self) -> &mut ByHand {
        self.desk.as_mut().unwrap()
    }

    /// A folder that was not there before.
    fn folder(&mut self) -> PathBuf {
        self.folders += 1;
        self.dir.path().join(format!("copy-{}", self.folders))
    }

    pub(crate) async fn step(&mut self, op: Op) {
        let everybody = self.people.len();
        let one = |who: u8| usize::from(who) % everybody;
        match op {
            Op::Tick(faults) => {
                let next = |p: &&Person| p.schedule.next_at().max(p.away_until * 1_000);
                let due = self.people.iter().min_by_key(next).unwrap();
                let (who, at) = (due.n, next(&due) / 1_000);
                // The phone's clock, by which it ticks, may be off; the time between is the same.
                self.clocks.forward_to(at);
                if self.people[who].away_until > 0 {
                    self.opens(who);
                }
                self.tick(who, faults).await;
            }
            Op::Urgent(who, faults) => {
                let who = one(who);
                if self.people[who].away_until <= self.clocks.now() {
                    self.tick(who, faults).await;
                }
            }
            Op::Acts(who) => self.acts(one(who)).await,
            Op::Writes => self.write().await,
            Op::Pull(relay, fault, mood) => {
                self.pull(usize::from(relay) % RELAYS, fault, mood).await
            }
            Op::Publish => drop(self.desk().publish().await.unwrap()),
            Op::Deliver(relay, fault) => {
                self.wires.next(fault);
                let relay = usize::from(relay) % RELAYS;
                drop(self.desk().deliver(relay).await);
                self.wires.next(Fault::None);
            }
            Op::TimePasses => self.desk().time_passes().await.unwrap(),
            Op::Restart(part) => self.restart(part).await,
            Op::Tap(which, to) => {
                let again = {
                    let tapped = &self.wires.tapped.lock().unwrap().envelopes;
                    tapped
                        .get(usize::from(which) % tapped.len().max(1))
                        .cloned()
                };
                if let Some(envelope) = again {
                    self.wires.relays.read().await[usize::from(to) % RELAYS]
                        .post(&envelope)
                        .await;
                }
            }
            Op::OldPublication(which, to) => {
                let again = {
                    let tapped = &self.wires.tapped.lock().unwrap().publications;
                    let shown = tapped.get(usize::from(which) % tapped.len().max(1));
                    shown.map(|shown| shown.whole.clone())
                };
                if let Some(publication) = again {
                    self.wires.relays.read().await[usize::from(to) % RELAYS]
                        .put(publication)
                        .await;
                }
            }
            Op::Clock(whose, by) => self.clocks.set_off(whose, by),
            Op::Closes(who, hours) => {
                self.people[one(who)].away_until = self.clocks.now() + i64::from(hours) * HOUR_S;
            }
            Op::Wait(hours) => {
                let now = self.clocks.now();
                self.clocks.forward_to(now + i64::from(hours) * HOUR_S);
            }
        }
        let too_far = self.people.iter().any(|person| person.steps >= ON_THE_WAY);
        if too_far || self.clocks.now() > self.fair_at + UNFAIR_S {
            self.be_fair().await;
        }
    }

    fn opens(&mut self, who: usize) {
        let now = self.clocks.phone(who);
        let person = &mut self.people[who];
        if person.away_until > 0 {
            person.away_until = 0;
            person.opens(now);
        }
    }

    async fn acts(&mut self, who: usize) {
        if self.people[who].away_until > self.clocks.now() {
            return;
        }
        // What was sealed before a renewal is heard before it.
        let begins_anew = matches!(self.people[who].deeds.front(), Some(Deed::Renew));
        if begins_anew {
            self.be_fair().await;
        }
        let now = self.clocks.phone(who);
        let invites = self.invites.clone();
        self.people[who].acts(now, &invites);
    }

    async fn write(&mut self) {
        let Some((to, text)) = self.letters.front().cloned() else {
            return;
        };
        if self.pages().write(to, &text).await {
            self.letters.pop_front();
            let at = self.clocks.now();
            self.written.push(Letter { to, text, at });
        }
    }

    async fn pull(&mut self, relay: usize, fault: Fault, mood: Mood) {
        self.wires.relays.read().await[relay].mood(mood);
        self.wires.next(fault);
        drop(self.desk().pull(relay).await);
        self.wires.next(Fault::None);
    }

    async fn restart(&mut self, part: Part) {
        match part {
            Part::Desk(killed) => {
                if killed {
                    let folder = self.folder();
                    copy(&self.desk_dir, &folder);
                    self.desk_dir = folder;
                }
                self.end_desk().await;
                self.open_desk().await;
            }
            Part::Relay(which, killed) => {
                let folder = killed.then(|| self.folder());
                let relays = &mut *self.wires.relays.write().await;
                relays[usize::from(which) % RELAYS].restart(folder).await;
            }
            Part::Phone(who) => {
                let who = usize::from(who) % self.people.len();
                self.people[who].restart();
            }
        }
    }

    /// Bulletin, drop, envelope: always all three.
    async fn tick(&mut self, who: usize, faults: Faults) {
        let wires = Arc::clone(&self.wires);
        let relays = wires.relays.read().await;
        let now = self.clocks.phone(who);
        let person = &mut self.people[who];
        let leaves = person.ticks(now);
        let relay = &relays[person.chance(RELAYS)];

        if let Some(bytes) = shown(&wires, relay, "/v1/bulletin", faults.bulletin).await {
            person.bulletin(&bytes, now);
        }
        let wanted = person.phone.wanted(now);
        let (bucket, path) = wanted.map_or((0, "/v1/drops/0".into()), |w| (w.bucket, w.path));
        if let Some(bytes) = shown(&wires, relay, &path, faults.drop).await {
            person.drop(bucket, &bytes, now);
        }
        let Some(envelope) = leaves else { return };
        if faults.post == Post::Lost {
            return;
        }
        let (status, answer) = relay.post(&envelope).await;
        assert_eq!(status, 201, "an envelope was refused");
        wires
            .tapped
            .lock()
            .unwrap()
            .envelopes
            .push(envelope.clone());
        match faults.post {
            Post::Fine => person.answered(&envelope, &answer),
            Post::Everywhere => {
                for relay in &*relays {
                    let again = relay.post(&envelope).await.1;
                    person.answered(&envelope, &again);
                }
            }
            Post::WrongAnswer => {
                let other = wires.tapped.lock().unwrap().envelopes[0].clone();
                if other != envelope {
                    let wrong = relay.post(&other).await.1;
                    person.answered(&envelope, &wrong);
                }
            }
            Post::Lost | Post::AnswerLost => {}
        }
    }

    /// For once, everything that was sent arrives, and the clocks are right.
    async fn be_fair(&mut self) {
        self.clocks.set_right();
        for who in 0..self.people.len() {
            if self.people[who].away_until > self.clocks.now() {
                continue;
            }
            self.opens(who);
            while !self.people[who].outbox.is_empty() {
                self.tick(who, Faults::NONE).await;
            }
        }
        for relay in 0..RELAYS {
            self.pull(relay, Fault::None, Mood::Honest).await;
        }
        for person in &mut self.people {
            person.steps = 0;
        }
        self.fair_at = self.clocks.now();
    }

    /// An hour in which nothing goes wrong.
    pub(crate) async fn fair_round(&mut self) {
        self.an_hour_on().await;
        for who in 0..self.people.len() {
            self.opens(who);
            self.tick(who, Faults::NONE).await;
            self.acts(who).await;
        }
        self.be_fair().await;
        self.write().await;
    }

    /// An hour in which one phone ticks with faults and the others do not.
    pub(crate) async fn round_but_for(&mut self, one: usize, faults: Faults) {
        self.an_hour_on().await;
        for who in 0..self.people.len() {
            let faults = if who == one { faults } else { Faults::NONE };
            self.tick(who, faults).await;
        }
        for relay in 0..RELAYS {
            self.pull(relay, Fault::None, Mood::Honest).await;
        }
    }

    /// An hour later the desk has made other drops, and the relays have them.
    async fn an_hour_on(&mut self) {
        let now = self.clocks.now();
        self.clocks.set_right();
        self.clocks.forward_to(now + HOUR_S + 60);
        self.desk().time_passes().await.unwrap();
        self.desk().publish().await.unwrap();
        for relay in 0..RELAYS {
            // Not the first time, if the relay has one that the desk does not remember.
            for _ in 0..2 {
                if self.desk().deliver(relay).await.is_ok() {
                    break;
                }
                self.desk().publish().await.unwrap();
            }
        }
    }

    /// Gives the coordinator one more letter to write.
    pub(crate) fn writes_to(&mut self, label: &'static str, text: &str) {
        self.letters.push_back((label, text.to_owned()));
    }

    /// Goes on in a network without faults until everybody has done what they meant to.
    pub(crate) async fn finish(&mut self) {
        for person in &mut self.people {
            person.away_until = person.away_until.min(1);
        }
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            self.fair_round().await;
            let idle = |p: &Person| p.deeds.is_empty() && p.outbox.is_empty() && !p.asks();
            quiet = match self.letters.is_empty() && self.people.iter().all(idle) {
                true => quiet + 1,
                false => 0,
            };
            // What came last is acknowledged in the next hours.
            if quiet == 4 {
                return;
            }
        }
        let left: Vec<_> = self
            .people
            .iter()
            .map(|p| (p.n, p.deeds.len(), p.asks()))
            .collect();
        panic!("{} letters and {left:?} are left", self.letters.len());
    }

    /// Everything that went over any wire goes over it once more, to everybody.
    pub(crate) async fn replay_everything(&mut self) {
        let (envelopes, publications) = {
            let tapped = self.wires.tapped.lock().unwrap();
            let publications: Vec<Bytes> = tapped
                .publications
                .iter()
                .map(|p| p.whole.clone())
                .collect();
            (tapped.envelopes.clone(), publications)
        };
        for relay in &*self.wires.relays.read().await {
            for envelope in envelopes.iter().rev().chain(&envelopes) {
                relay.post(envelope).await;
            }
            for publication in &publications {
                let status = relay.put(publication.clone()).await;
                assert!(status == 409, "an old publication was taken: {status}");
            }
        }
        for relay in 0..RELAYS {
            self.pull(relay, Fault::None, Mood::Muddled(7)).await;
            self.pull(relay, Fault::None, Mood::Honest).await;
        }
    }
}

/// What a phone is shown for its question.
async fn shown(wires: &Wires, relay: &RelayHost, path: &str, how: Get) -> Option<Bytes> {
    let name = path.trim_start_matches("/v1/");
    match how {
        Get::Fine => relay.get(path).await,
        Get::Lost => None,
        Get::Garbage => Some(Bytes::from_static(&[0x5a; 32_768])),
        Get::Other(bucket) => {
            let bucket = u16::from(bucket) % BUCKETS;
            relay.get(&format!("/v1/drops/{bucket}")).await
        }
        Get::Old(which) => {
            let tapped = wires.tapped.lock().unwrap();
            let all = &tapped.publications;
            let old = all.get(usize::from(which) % all.len().max(1))?;
            let bytes = match name {
                "bulletin" => Some(&old.bulletin),
                name => old.files.get(name),
            };
            bytes.cloned().map(Bytes::from)
        }
    }
}

/// Copies a folder with the files in it, as they are.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
