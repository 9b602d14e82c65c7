//! What may happen, and in which order it is drawn.

use proptest::prelude::*;

use crate::{clocks::Whose, relay::Mood, wires::Fault};

/// What happens to a question of a phone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Get {
    Fine,
    Lost,
    /// What there was at some time before, from the same or the other relay.
    Old(u16),
    /// The drop of another bucket; of bulletins there is one.
    Other(u8),
    Garbage,
}

/// What happens to an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    Fine,
    Lost,
    AnswerLost,
    /// It arrives at every relay, and twice at one.
    Everywhere,
    /// The answer is that to another envelope.
    WrongAnswer,
}

/// What happens to the three requests of a tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) bulletin: Get,
    pub(crate) drop: Get,
    pub(crate) post: Post,
}

impl Faults {
    pub(crate) const NONE: Self = Self {
        bulletin: Get::Fine,
        drop: Get::Fine,
        post: Post::Fine,
    };
}

/// What starts again from its store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// `true`: from its files as they are at that moment, without having been closed.
    Desk(bool),
    Relay(u8, bool),
    Phone(u8),
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// The phone that is due next ticks.
    Tick(Faults),
    /// A phone sends at once.
    Urgent(u8, Faults),
    /// A person does the next thing on their list.
    Acts(u8),
    /// The coordinator writes the next letter.
    Writes,
    Pull(u8, Fault, Mood),
    Publish,
    Deliver(u8, Fault),
    /// The desk looks at its clock.
    TimePasses,
    Restart(Part),
    /// Somebody sends an envelope again that went over a wire before.
    Tap(u16, u8),
    /// Somebody sends a publication again.
    OldPublication(u16, u8),
    /// A clock is so many seconds off from now on.
    Clock(Whose, i64),
    /// A phone is closed for so many hours.
    Closes(u8, u16),
    /// Nothing happens for so many hours.
    Wait(u16),
}

/// How much of what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Farthest that a phone's or the desk's clock is off, seconds.
    pub(crate) clock_s: i64,
    /// Longest that a phone is closed, hours.
    pub(crate) closed_h: u16,
    /// Longest that nothing happens, hours.
    pub(crate) wait_h: u16,
}

fn get() -> impl Strategy<Value = Get> {
    prop_oneof![
        6 => Just(Get::Fine),
        1 => Just(Get::Lost),
        1 => any::<u16>().prop_map(Get::Old),
        1 => any::<u8>().prop_map(Get::Other),
        1 => Just(Get::Garbage),
    ]
}

fn faults() -> impl Strategy<Value = Faults> {
    let post = prop_oneof![
        5 => Just(Post::Fine),
        1 => Just(Post::Lost),
        2 => Just(Post::AnswerLost),
        1 => Just(Post::Everywhere),
        1 => Just(Post::WrongAnswer),
    ];
    (get(), get(), post).prop_map(|(bulletin, drop, post)| Faults {
        bulletin,
        drop,
        post,
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        5 => Just(Fault::None),
        1 => Just(Fault::Lost),
        2 => Just(Fault::AnswerLost),
        1 => Just(Fault::Twice),
        1 => any::<u16>().prop_map(Fault::OldAnswer),
        1 => Just(Fault::Garbage),
    ]
}

fn mood() -> impl Strategy<Value = Mood> {
    prop_oneof![
        2 => Just(Mood::Honest),
        2 => any::<u64>().prop_map(Mood::Muddled),
        2 => any::<u64>().prop_map(Mood::HoldsBack),
        1 => Just(Mood::Lies),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any::<bool>().prop_map(Part::Desk),
        any::<(u8, bool)>().prop_map(|(which, killed)| Part::Relay(which, killed)),
        any::<u8>().prop_map(Part::Phone),
    ]
}

fn op(bounds: Bounds) -> impl Strategy<Value = Op> {
    let Bounds {
        clock_s,
        closed_h,
        wait_h,
    } = bounds;
    let clock = prop_oneof![
        (-clock_s..=clock_s).prop_map(|by| Op::Clock(Whose::Desk, by)),
        // Farther off, the desk's signature does not hold there: sometimes it is.
        (any::<u8>(), -400..=400i64).prop_map(|(n, by)| Op::Clock(Whose::Relay(n), by)),
        (any::<u8>(), -clock_s..=clock_s).prop_map(|(n, by)| Op::Clock(Whose::Phone(n), by)),
    ];
    prop_oneof![
        30 => faults().prop_map(Op::Tick),
        4 => (any::<u8>(), faults()).prop_map(|(who, faults)| Op::Urgent(who, faults)),
        18 => any::<u8>().prop_map(Op::Acts),
        6 => Just(Op::Writes),
        14 => (any::<u8>(), fault(), mood()).prop_map(|(n, fault, mood)| Op::Pull(n, fault, mood)),
        7 => Just(Op::Publish),
        9 => (any::<u8>(), fault()).prop_map(|(n, fault)| Op::Deliver(n, fault)),
        2 => Just(Op::TimePasses),
        5 => part().prop_map(Op::Restart),
        6 => any::<(u16, u8)>().prop_map(|(which, to)| Op::Tap(which, to)),
        2 => any::<(u16, u8)>().prop_map(|(which, to)| Op::OldPublication(which, to)),
        2 => clock,
        3 => (any::<u8>(), 1..=closed_h).prop_map(|(who, hours)| Op::Closes(who, hours)),
        2 => (1..=wait_h).prop_map(Op::Wait),
    ]
}

/// Schedules of this length.
pub(crate) fn schedules(
    bounds: Bounds,
    length: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Op>> {
    proptest::collection::vec(op(bounds), length)
}
