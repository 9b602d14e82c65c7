//! A wire to a relay that loses acknowledgements.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
};

/// Hands bytes on between phones and a relay. Acknowledgements are let through only as many as were
/// allowed; each further one is lost with its connection, after the relay has sent it.
pub(crate) struct Gate {
    /// What phones take for the relay.
    pub(crate) url: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    allowed: AtomicU64,
    lost: AtomicU64,
}

impl Gate {
    /// A gate in front of the relay at `url`, closed.
    pub(crate) fn before(url: &str) -> Self {
        let relay = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        let counting = Arc::clone(&counts);
        // Ends with the test's process.
        thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                // While the relay is down the phone's connection ends at once, as it would without a gate.
                if let Ok(there) = TcpStream::connect(&relay) {
                    join(phone, there, &counting);
                }
            }
        });
        Self { url, counts }
    }

    /// Lets this many further acknowledgements through.
    pub(crate) fn let_through(&self, more: u64) {
        self.counts.allowed.store(more, SeqCst);
    }

    /// How many were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.counts.lost.load(SeqCst)
    }
}

fn join(phone: TcpStream, relay: TcpStream, counts: &Arc<Counts>) {
    let (mut from_phone, mut to_relay) = (phone.try_clone().unwrap(), relay.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_phone, &mut to_relay);
        let _ = to_relay.shutdown(Shutdown::Both);
    });
    let counts = Arc::clone(counts);
    thread::spawn(move || {
        let (mut from_relay, mut to_phone) = (relay, phone);
        let mut part = [0; 16 << 10];
        while let Ok(n @ 1..) = from_relay.read(&mut part) {
            if part[..n].starts_with(b"HTTP/1.1 201 ") && !counts.one_more() {
                counts.lost.fetch_add(1, SeqCst);
                break;
            }
            if to_phone.write_all(&part[..n]).is_err() {
                break;
            }
        }
        let _ = to_phone.shutdown(Shutdown::Both);
    });
}

impl Counts {
    fn one_more(&self) -> bool {
        let spend = |n: u64| n.checked_sub(1);
        self.allowed.fetch_update(SeqCst, SeqCst, spend).is_ok()
    }
}
