//! A small carrier to test gateways with.
//!
//! Speaks SMPP 3.4 over real TCP: takes binds, stores messages and delivers each until it is accepted or refused for good,
//! within a window, again after a while when it was refused for now or when the connection ended before the answer. It breaks
//! on demand. The codec is that of `rusmpp`; nothing of the gateway is used here.
//!
//! **In scope:** what a message centre does towards a receiver, and what goes wrong there. **Out of scope:** everything else.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod session;
mod sms;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rusmpp::CommandStatus;
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::JoinHandle,
    time::{Instant, timeout},
};

pub use sms::Sms;

/// How long a test waits for something.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the carrier behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// As whom one may bind.
    pub system_id: String,
    /// With what.
    pub password: String,
    /// Messages without an answer at once.
    pub window: usize,
    /// When a message that was refused for now is sent again.
    pub retry: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            system_id: "lapwing".into(),
            password: "s3cr3t".into(),
            window: 10,
            retry: Duration::from_millis(200),
        }
    }
}

/// Names a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A carrier that listens on loopback until it is dropped.
pub struct Smsc {
    /// Where.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

/// What a test may count.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) binds: AtomicU64,
    pub(crate) refused_binds: AtomicU64,
    pub(crate) unbinds: AtomicU64,
    pub(crate) enquiries: AtomicU64,
    pub(crate) enquiries_answered: AtomicU64,
    pub(crate) nacks: AtomicU64,
}

/// What shall go wrong.
#[derive(Default)]
pub(crate) struct Faults {
    /// Connections are cut instead of hearing so many answers to messages.
    pub(crate) deaf: u64,
    /// Enquiries are not answered.
    pub(crate) silent: bool,
    /// Connections are refused at the bind.
    pub(crate) closed: bool,
}

pub(crate) struct Stored {
    pub(crate) sms: Sms,
    pub(crate) due: Instant,
    pub(crate) under_way: bool,
    /// What was answered to each delivery.
    pub(crate) answers: Vec<CommandStatus>,
    pub(crate) settled: bool,
}

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) seen: Seen,
    pub(crate) state: Mutex<State>,
    pub(crate) changed: Notify,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) faults: Faults,
    pub(crate) messages: BTreeMap<Ticket, Stored>,
    /// Bytes that go out as they are.
    pub(crate) raw: Vec<Vec<u8>>,
    pub(crate) enquire: bool,
    /// Ends the connection there is.
    pub(crate) cut: bool,
}

impl Smsc {
    /// Begins to listen.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("loopback can be listened on");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared {
            options,
            seen: Seen::default(),
            state: Mutex::default(),
            changed: Notify::new(),
        });
        let serving = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            // One after the other: a second bind of the same system id would be refused.
            while let Ok((stream, _)) = listener.accept().await {
                session::run(stream, &serving).await;
            }
        });
        Self {
            address,
            shared,
            listening,
        }
    }

    /// Stores a message, to be delivered.
    pub fn submit(&self, sms: Sms) -> Ticket {
        let mut state = self.shared.state();
        let ticket = Ticket(state.messages.len() as u64);
        let stored = Stored {
            sms,
            due: Instant::now(),
            under_way: false,
            answers: Vec::new(),
            settled: false,
        };
        state.messages.insert(ticket, stored);
        drop(state);
        self.shared.changed.notify_waiters();
        ticket
    }

    /// Waits until a message was accepted or refused for good; what was answered to each delivery.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn settled(&self, ticket: Ticket) -> Vec<CommandStatus> {
        self.until("a message is settled", || {
            self.shared.state().messages[&ticket].settled
        })
        .await;
        self.answers(ticket)
    }

    /// What was answered to a message so far.
    pub fn answers(&self, ticket: Ticket) -> Vec<CommandStatus> {
        self.shared.state().messages[&ticket].answers.clone()
    }

    /// Waits until something is true.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn until(&self, what: &str, mut is: impl FnMut() -> bool) {
        let waiting = async {
            while !is() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("waited in vain until {what}");
        }
    }

    /// Cuts the connection instead of hearing the next `n` answers to messages.
    pub fn be_deaf_to(&self, n: u64) {
        self.shared.state().faults.deaf = n;
    }

    /// How many answers it is still deaf to.
    pub fn deaf(&self) -> u64 {
        self.shared.state().faults.deaf
    }

    /// Answers no enquiries any more, or does again.
    pub fn be_silent(&self, silent: bool) {
        self.shared.state().faults.silent = silent;
    }

    /// Lets nobody bind, or does again; ends the connection there is.
    pub fn close(&self, closed: bool) {
        let mut state = self.shared.state();
        state.faults.closed = closed;
        state.cut |= closed;
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Sends bytes as they are.
    pub fn send_raw(&self, bytes: &[u8]) {
        self.shared.state().raw.push(bytes.to_vec());
        self.shared.changed.notify_waiters();
    }

    /// Asks the receiver whether it is there.
    pub fn enquire(&self) {
        self.shared.state().enquire = true;
        self.shared.changed.notify_waiters();
    }

    /// Binds that were taken.
    pub fn binds(&self) -> u64 {
        self.shared.seen.binds.load(Ordering::SeqCst)
    }

    /// Binds that were refused.
    pub fn refused_binds(&self) -> u64 {
        self.shared.seen.refused_binds.load(Ordering::SeqCst)
    }

    /// Orderly ends.
    pub fn unbinds(&self) -> u64 {
        self.shared.seen.unbinds.load(Ordering::SeqCst)
    }

    /// Enquiries that came, answered or not.
    pub fn enquiries(&self) -> u64 {
        self.shared.seen.enquiries.load(Ordering::SeqCst)
    }

    /// Its own enquiries that were answered.
    pub fn enquiries_answered(&self) -> u64 {
        self.shared.seen.enquiries_answered.load(Ordering::SeqCst)
    }

    /// Frames that the receiver did not understand, and said so.
    pub fn nacks(&self) -> u64 {
        self.shared.seen.nacks.load(Ordering::SeqCst)
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
