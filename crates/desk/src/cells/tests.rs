//! What the registry of cells promises.

use lapwing_model::Sector;
use lapwing_seal::{
    BucketSecret, CellSecret, CheckIn, Enrolment, Known, Purpose, ReplyError, RootSecret, Said,
    Speaker as Phone,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::*;
use crate::store::{KeyCost, KeySource};

const NOW: i64 = 1_790_000_000;
const DAY: i64 = 86_400;
const CHEAP: KeyCost = KeyCost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

struct Desk {
    store: Store,
    cells: Cells,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeySource::File {
            path: folder.path().join("key"),
            create: true,
        };
        let store = Store::create(&folder.path().join("desk"), &key).unwrap();
        let cells = Cells::load(&store).unwrap();
        Self {
            store,
            cells,
            _folder: folder,
        }
    }

    fn turn<T>(&mut self, work: impl FnOnce(&mut Cells, &Batch<'_>) -> T) -> T {
        let batch = self.store.batch().unwrap();
        let value = work(&mut self.cells, &batch);
        batch.commit().unwrap();
        value
    }

    /// A cell, and what its coordinator can bring forth.
    fn cell(&mut self, n: u8) -> (CellId, CellSecret) {
        let secret = CellSecret::generate(&mut ChaCha20Rng::from_seed([n; 32]));
        let wrapped = wrap("eight letters", CHEAP, &secret).unwrap();
        let public = secret.public_bytes();
        let id = self.turn(|cells, batch| cells.found(batch, public.as_slice(), &wrapped, NOW));
        (id.unwrap(), secret)
    }

    fn invite(&mut self, cell: CellId) -> Invite {
        let made =
            self.turn(|cells, batch| cells.invite(batch, cell, "сусідка", None, (NOW, NOW + DAY)));
        made.unwrap()
    }

    fn enrol(&mut self, enrolment: &Enrolment, now: i64) -> Enrolled {
        self.turn(|cells, batch| cells.enrol(batch, enrolment, now))
            .unwrap()
    }

    /// What the coordinator reads, and how many records of the cell there are.
    fn read(&self, cell: CellId, secret: &CellSecret) -> (Vec<Record>, usize) {
        let records = self.store.reader().unwrap().records(cell, 0).unwrap();
        let open = |(number, sealed): &(i64, Vec<u8>)| {
            let opened = secret.open(&about(cell, *number), sealed)?;
            Some(Record::decode(&opened).unwrap())
        };
        (records.iter().filter_map(open).collect(), records.len())
    }
}

fn enrolment(n: u8, by: By) -> Enrolment {
    Enrolment {
        root: RootSecret::from_bytes([n; 32]),
        bucket: BucketSecret::from_bytes([n; 32]),
        drops: 5,
        sector: Sector::from_number(200_000).expect("a sector"),
        by,
    }
}

fn phone(n: u8) -> Phone {
    Phone::new(RootSecret::from_bytes([n; 32]).chain(Purpose::Mac))
}

fn says(phone: &mut Phone) -> Known {
    let (id, key) = phone.take();
    Known::say((id, &key), label(1), Said::CheckIn(CheckIn::default()))
}

fn label(n: u8) -> CellLabel {
    let secret = CellSecret::generate(&mut ChaCha20Rng::from_seed([n; 32]));
    let public = CellPublic::parse(secret.public_bytes().as_slice());
    public.unwrap().label()
}

/// A desk with one cell and one witness in it.
fn joined() -> (Desk, CellId, MemberId) {
    let mut desk = Desk::new();
    let (cell, _) = desk.cell(1);
    let invite = desk.invite(cell);
    let enrolled = desk.enrol(&enrolment(7, By::Invite(invite)), NOW);
    assert_eq!(enrolled, Enrolled::Joined);
    let member = *desk.cells.members.first_key_value().unwrap().0;
    (desk, cell, member)
}

#[test]
fn an_invite_lets_one_phone_in_once_and_in_time() {
    let mut desk = Desk::new();
    let (cell, _) = desk.cell(1);
    let invite = desk.invite(cell);
    let by = |invite: &Invite| By::Invite(invite.clone());
    assert_eq!(
        desk.enrol(&enrolment(1, by(&invite)), NOW),
        Enrolled::Joined
    );
    let second = desk.enrol(&enrolment(2, by(&invite)), NOW);
    assert_eq!(second, Enrolled::Refused(InviteRefused::Used));
    let late = desk.invite(cell);
    let refused = desk.enrol(&enrolment(3, by(&late)), NOW + DAY);
    assert_eq!(refused, Enrolled::Refused(InviteRefused::Expired));
    let revoked = desk.invite(cell);
    desk.turn(|cells, batch| cells.revoke(batch, cell, &revoked.hash()))
        .unwrap();
    let refused = desk.enrol(&enrolment(4, by(&revoked)), NOW);
    assert_eq!(refused, Enrolled::Refused(InviteRefused::Revoked));
    let made_up = Invite::from_secret([0; 10]);
    let refused = desk.enrol(&enrolment(5, by(&made_up)), NOW);
    assert_eq!(refused, Enrolled::Refused(InviteRefused::Unknown));
    // Whoever was refused is told why, and is nobody's witness.
    let whys: Vec<_> = (2..=5)
        .map(|n| {
            let bucket = BucketSecret::from_bytes([n; 32]);
            let mut members = desk.cells.members.iter();
            let (&id, member) = members.find(|(_, member)| member.bucket == bucket).unwrap();
            assert!(!member.is_known());
            desk.cells.waiting[&(id, 1)].reply.content.clone()
        })
        .collect();
    let refused = [
        InviteRefused::Used,
        InviteRefused::Expired,
        InviteRefused::Revoked,
        InviteRefused::Unknown,
    ];
    assert_eq!(whys, refused.map(Content::Refused));
    assert_eq!(desk.cells.speaker(&says(&mut phone(2))), Speaker::Unknown);
}

#[test]
fn an_invite_of_another_cell_cannot_be_withdrawn() {
    let mut desk = Desk::new();
    let ((ours, _), (theirs, _)) = (desk.cell(1), desk.cell(2));
    let invite = desk.invite(theirs);
    let refused = desk.turn(|cells, batch| cells.revoke(batch, ours, &invite.hash()));
    assert!(matches!(refused, Err(Refusal::NotFound)));
}

#[test]
fn a_witness_is_known_by_every_step_once() {
    let (mut desk, _, member) = joined();
    let mut phone = phone(7);
    for n in 1..=100 {
        let known = says(&mut phone);
        assert_eq!(desk.cells.speaker(&known), Speaker::Member(member));
        let heard = desk.turn(|cells, batch| cells.accept(batch, member, &known.id));
        assert_eq!(heard.unwrap(), n);
        assert_eq!(desk.cells.speaker(&known), Speaker::Again);
    }
}

#[test]
fn a_step_with_another_mac_is_nobodys() {
    let (desk, _, _) = joined();
    let mut known = says(&mut phone(7));
    known.mac[0] ^= 1;
    assert_eq!(desk.cells.speaker(&known), Speaker::Unknown);
}

#[test]
fn a_witness_whose_steps_were_lost_renews_and_is_the_same() {
    let (mut desk, _, member) = joined();
    let mut old = phone(7);
    for _ in 0..40 {
        old.take();
    }
    assert_eq!(desk.cells.speaker(&says(&mut old)), Speaker::Unknown);
    let mut renewals = Phone::new(RootSecret::from_bytes([7; 32]).chain(Purpose::Renewal));
    let (id, key) = renewals.take();
    let bucket = BucketSecret::from_bytes([7; 32]);
    let new_root = || RootSecret::from_bytes([8; 32]);
    let renewal = Enrolment::renewal(
        new_root(),
        bucket.clone(),
        900,
        Sector::from_number(200_000).unwrap(),
        label(1),
        (id, &key),
    );
    // Somebody else's step, or a changed one, renews nothing.
    let mut forged = renewal.clone();
    forged.root = RootSecret::from_bytes([9; 32]);
    assert_eq!(desk.enrol(&forged, NOW), Enrolled::Unknown);
    assert_eq!(desk.enrol(&renewal, NOW), Enrolled::Renewed);
    assert_eq!(
        desk.enrol(&renewal, NOW),
        Enrolled::Unknown,
        "a step is used once"
    );
    assert_eq!(
        desk.cells.speaker(&says(&mut phone(8))),
        Speaker::Member(member)
    );
    assert_eq!(desk.cells.speaker(&says(&mut phone(7))), Speaker::Unknown);
    // What waited before waits still, and tells the cell to whoever has the key of then; behind it the answer to the renewal.
    for (number, key) in [(1, 7), (2, 8)] {
        assert_eq!(
            opened(&desk, member, number, key),
            Ok(CellMessage::Welcome { cell: label(1) })
        );
    }
}

#[test]
fn what_was_written_is_read_back_the_same() {
    let (mut desk, cell, member) = joined();
    let mut phone = phone(7);
    phone.take();
    let known = says(&mut phone);
    desk.turn(|cells, batch| cells.accept(batch, member, &known.id))
        .unwrap();
    let again = Cells::load(&desk.store).unwrap();
    assert!(again.has(cell) && !again.has(cell + 1));
    assert_eq!(again.said, desk.cells.said);
    assert_eq!(again.renewals, desk.cells.renewals);
    assert_eq!(again.waiting, desk.cells.waiting);
    assert_eq!(again.speaker(&known), Speaker::Again);
    let next = says(&mut phone);
    assert_eq!(again.speaker(&next), Speaker::Member(member));
    let bytes = |cells: &Cells| cells.member(member).unwrap().to_bytes();
    assert_eq!(bytes(&again), bytes(&desk.cells));
}

#[test]
fn a_coordinator_reads_their_own_cell_and_no_other() {
    let mut desk = Desk::new();
    let ((a, a_secret), (b, b_secret)) = (desk.cell(1), desk.cell(2));
    for (n, cell) in [(10, a), (20, b)] {
        let invite = desk.invite(cell);
        desk.enrol(&enrolment(n, By::Invite(invite)), NOW);
    }
    let text = |cell: CellId| format!("з двору {cell}");
    for (member, cell) in [(1, a), (2, b)] {
        let record = Record::Message {
            member,
            at: NOW,
            text: text(cell),
        };
        desk.turn(|cells, batch| cells.record(batch, cell, &record))
            .unwrap();
    }
    for (cell, own, other) in [(a, &a_secret, &b_secret), (b, &b_secret, &a_secret)] {
        let (records, count) = desk.read(cell, own);
        assert_eq!((records.len(), count), (3, 3));
        let last = Record::Message {
            member: if cell == a { 1 } else { 2 },
            at: NOW,
            text: text(cell),
        };
        assert_eq!(records[2], last);
        assert_eq!(desk.read(cell, other).0, []);
    }
}

#[test]
fn a_record_moved_to_another_place_does_not_open() {
    let mut desk = Desk::new();
    let (cell, secret) = desk.cell(1);
    desk.invite(cell);
    desk.invite(cell);
    desk.store.spoil("UPDATE record SET number = number + 10");
    assert_eq!(desk.read(cell, &secret), (vec![], 2));
}

#[test]
fn a_cells_key_opens_by_its_passphrase_only() {
    let secret = CellSecret::generate(&mut ChaCha20Rng::from_seed([3; 32]));
    let public = secret.public_bytes();
    let wrapped = wrap("eight letters", CHEAP, &secret).unwrap();
    let opened = unwrap("eight letters", public.as_slice(), &wrapped).unwrap();
    assert_eq!(opened.seed(), secret.seed());
    assert!(unwrap("other letters", public.as_slice(), &wrapped).is_none());
    assert!(unwrap("eight letters", &[0; 4], &wrapped).is_none());
    for cut in 0..wrapped.len() {
        assert!(unwrap("eight letters", public.as_slice(), &wrapped[..cut]).is_none());
    }
    // Damaged parameters cost nothing.
    let mut hungry = wrapped.clone();
    hungry[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(unwrap("eight letters", public.as_slice(), &hungry).is_none());
    let short = wrap("short", CHEAP, &secret);
    assert!(matches!(short, Err(StoreError::PassphraseLength(5))));
}

/// What the phone with this root finds in a reply, taken out of the store with the desk's key.
fn opened(desk: &Desk, member: MemberId, number: u32, n: u8) -> Result<CellMessage, ReplyError> {
    let kept = Cells::load(&desk.store).unwrap();
    let Content::FromCell(sealed) = &kept.waiting[&(member, number)].reply.content else {
        panic!("what was kept is another reply");
    };
    key(n).open(number, sealed)
}

/// The key of messages of the phone that enrolled with this root.
fn key(n: u8) -> MessageKey {
    MessageKey::of(&RootSecret::from_bytes([n; 32]))
}

#[test]
fn acknowledged_replies_wait_no_more() {
    let (mut desk, _, member) = joined();
    let message = CellMessage::Text {
        at: NOW,
        text: "як ви?".into(),
    };
    let second = desk
        .turn(|cells, batch| cells.say(batch, member, &key(7), &message, NOW))
        .unwrap();
    assert_eq!(second, 2);
    let came = desk
        .turn(|cells, batch| cells.acknowledge(batch, member, &[1, 9]))
        .unwrap();
    assert_eq!(came, [1]);
    let waiting = |cells: &Cells| cells.waiting.keys().copied().collect::<Vec<_>>();
    assert_eq!(waiting(&desk.cells), [(member, 2)]);
    assert_eq!(waiting(&Cells::load(&desk.store).unwrap()), [(member, 2)]);
}

#[test]
fn what_a_coordinator_writes_waits_under_a_key_that_only_the_cell_and_the_phone_have() {
    let (mut desk, cell, member) = joined();
    let secret = CellSecret::generate(&mut ChaCha20Rng::from_seed([1; 32]));
    let (records, _) = desk.read(cell, &secret);
    assert_eq!(message_key(&records, member), Some(key(7)));
    assert_eq!(message_key(&records, member + 1), None);

    let lengths = ["Так", "слово слово слово слово слово"].map(|text| {
        let text = text.to_owned();
        let message = CellMessage::Text { at: NOW, text };
        let number = desk
            .turn(|cells, batch| cells.say(batch, member, &key(7), &message, NOW))
            .unwrap();
        assert_eq!(opened(&desk, member, number, 7), Ok(message));
        assert_eq!(opened(&desk, member, number, 8), Err(ReplyError::Seal));
        let waiting = &desk.cells.waiting[&(member, number)];
        assert_eq!(waiting.since % DAY, 0, "kept by the day");
        waiting_to_bytes(waiting).len()
    });
    assert_eq!(lengths[0], lengths[1]);

    // A renewal gives the coordinator another key.
    let mut renewals = Phone::new(RootSecret::from_bytes([7; 32]).chain(Purpose::Renewal));
    let (id, step) = renewals.take();
    let (root, bucket) = (
        RootSecret::from_bytes([8; 32]),
        BucketSecret::from_bytes([7; 32]),
    );
    let renewal = Enrolment::renewal(
        root,
        bucket,
        900,
        Sector::from_number(200_000).unwrap(),
        label(1),
        (id, &step),
    );
    assert_eq!(desk.enrol(&renewal, NOW), Enrolled::Renewed);
    let (records, _) = desk.read(cell, &secret);
    assert_eq!(message_key(&records, member), Some(key(8)));
}

#[test]
fn the_working_key_opens_of_no_witness_which_cell_they_are_of() {
    let mut desk = Desk::new();
    for n in 1..=2 {
        let (cell, _) = desk.cell(n);
        let invite = desk.invite(cell);
        let joined = desk.enrol(&enrolment(n, By::Invite(invite)), NOW);
        assert_eq!(joined, Enrolled::Joined);
    }
    let opened = loot::at_any_hour(&desk.store).unwrap();
    assert_eq!(opened.len(), 4, "two witnesses, and a welcome for each");
    for label in [label(1), label(2)] {
        let tells = |bytes: &Vec<u8>| bytes.windows(8).any(|w| w == label.as_bytes());
        assert!(!opened.iter().any(tells));
    }
}

#[test]
fn a_witness_who_claims_another_cell_is_written_to_by_their_own_only() {
    let (mut desk, _, member) = joined();
    let (other, secret) = desk.cell(2);
    let mut renewals = Phone::new(RootSecret::from_bytes([7; 32]).chain(Purpose::Renewal));
    let (id, step) = renewals.take();
    let (root, bucket) = (
        RootSecret::from_bytes([8; 32]),
        BucketSecret::from_bytes([7; 32]),
    );
    let renewal = Enrolment::renewal(
        root,
        bucket,
        900,
        Sector::from_number(200_000).unwrap(),
        label(2),
        (id, &step),
    );
    assert_eq!(desk.enrol(&renewal, NOW), Enrolled::Renewed);
    let (records, _) = desk.read(other, &secret);
    assert!(matches!(records[..], [Record::Renewed { .. }]));
    assert_eq!(message_key(&records, member), None);
}

#[test]
fn a_decoy_stays_one_when_the_desk_starts_again_and_when_it_renews() {
    let (mut desk, cell, witness) = joined();
    let times = (NOW, NOW + DAY);
    let slip = desk
        .turn(|cells, batch| cells.invite(batch, cell, "сусідка", Some(witness), times))
        .unwrap();
    let decoy = enrolment(9, By::Invite(slip));
    assert_eq!(desk.enrol(&decoy, NOW), Enrolled::Joined);
    let mut renewals = Phone::new(RootSecret::from_bytes([9; 32]).chain(Purpose::Renewal));
    let (id, step) = renewals.take();
    let (root, bucket) = (
        RootSecret::from_bytes([10; 32]),
        BucketSecret::from_bytes([9; 32]),
    );
    let renewal = Enrolment::renewal(
        root,
        bucket,
        900,
        Sector::from_number(200_000).unwrap(),
        label(1),
        (id, &step),
    );
    assert_eq!(desk.enrol(&renewal, NOW), Enrolled::Renewed);
    for cells in [&desk.cells, &Cells::load(&desk.store).unwrap()] {
        let Speaker::Member(forced) = cells.speaker(&says(&mut phone(10))) else {
            panic!("the desk hears it");
        };
        assert_eq!(cells.member(forced).unwrap().standing, Standing::Duress);
        assert_eq!(cells.member(witness).unwrap().standing, Standing::Witness);
    }
}

#[test]
fn nothing_is_left_of_a_phone_that_was_cut_off_but_its_records() {
    let (mut desk, cell, witness) = joined();
    let mut phone = phone(7);
    let known = says(&mut phone);
    desk.turn(|cells, batch| cells.cut_off(batch, cell, witness, NOW))
        .unwrap();
    assert_eq!(desk.cells.speaker(&known), Speaker::Unknown);
    assert!(desk.cells.renewals.is_empty() && desk.cells.recipients().is_empty());
    assert_eq!(
        loot::at_any_hour(&desk.store).unwrap(),
        Vec::<Vec<u8>>::new()
    );
    let secret = CellSecret::generate(&mut ChaCha20Rng::from_seed([1; 32]));
    let (records, _) = desk.read(cell, &secret);
    let ended = Record::CutOff {
        member: witness,
        at: NOW,
    };
    assert_eq!(records.last(), Some(&ended));
    let again = desk.turn(|cells, batch| cells.cut_off(batch, cell, witness, NOW));
    assert!(matches!(again, Err(Refusal::NotFound)));
}

#[test]
fn a_flood_of_made_up_invites_costs_a_bounded_number_of_rows() {
    let (mut desk, _, member) = joined();
    let batch = desk.store.batch().unwrap();
    for n in 0..REFUSED_MAX + 50 {
        let mut secret = [0; 10];
        secret[..8].copy_from_slice(&n.to_be_bytes());
        let flood = enrolment(9, By::Invite(Invite::from_secret(secret)));
        let refused = desk.cells.enrol(&batch, &flood, NOW).unwrap();
        assert_eq!(refused, Enrolled::Refused(InviteRefused::Unknown));
    }
    batch.commit().unwrap();
    assert_eq!(desk.store.members().unwrap().len(), REFUSED_MAX + 1);
    assert_eq!(desk.store.replies().unwrap().len(), REFUSED_MAX + 1);
    assert_eq!(
        desk.cells.speaker(&says(&mut phone(7))),
        Speaker::Member(member)
    );
}
