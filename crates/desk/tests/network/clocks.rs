//! One time, and how far everybody's clock is from it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use lapwing_desk::Clock;

/// The clock of one party, as the party reads it.
#[derive(Clone)]
pub(crate) struct Hand(pub(crate) Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Desk,
    Relay(u8),
    Phone(u8),
}

/// All of them.
pub(crate) struct Clocks {
    now: i64,
    desk: (Arc<AtomicI64>, i64),
    relays: Vec<(Arc<AtomicI64>, i64)>,
    phones: Vec<i64>,
}

impl Clocks {
    pub(crate) fn new(now: i64, relays: usize, phones: usize) -> Self {
        let hand = || (Arc::new(AtomicI64::new(now)), 0);
        Self {
            now,
            desk: hand(),
            relays: (0..relays).map(|_| hand()).collect(),
            phones: vec![0; phones],
        }
    }

    /// What really is.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) fn desk(&self) -> Hand {
        Hand(Arc::clone(&self.desk.0))
    }

    pub(crate) fn relay(&self, n: usize) -> Arc<AtomicI64> {
        Arc::clone(&self.relays[n].0)
    }

    pub(crate) fn phone(&self, n: usize) -> i64 {
        self.now + self.phones[n]
    }

    /// What a relay reads its time with.
    pub(crate) fn reader(hand: &Arc<AtomicI64>) -> lapwing_relay::Clock {
        let hand = Arc::clone(hand);
        Arc::new(move || hand.load(Ordering::SeqCst))
    }

    pub(crate) fn forward_to(&mut self, now: i64) {
        self.now = self.now.max(now);
        self.show();
    }

    /// Sets one of them so many seconds off.
    pub(crate) fn set_off(&mut self, whose: Whose, by: i64) {
        match whose {
            Whose::Desk => self.desk.1 = by,
            Whose::Relay(n) => {
                let n = usize::from(n) % self.relays.len();
                self.relays[n].1 = by;
            }
            Whose::Phone(n) => {
                let n = usize::from(n) % self.phones.len();
                self.phones[n] = by;
            }
        }
        self.show();
    }

    /// All of them show what is.
    pub(crate) fn set_right(&mut self) {
        self.desk.1 = 0;
        self.relays.iter_mut().for_each(|relay| relay.1 = 0);
        self.phones.fill(0);
        self.show();
    }

    fn show(&self) {
        for (hand, off) in self.relays.iter().chain([&self.desk]) {
            hand.store(self.now + off, Ordering::SeqCst);
        }
    }
}
