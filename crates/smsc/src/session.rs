//! One connection of a receiver.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, atomic::Ordering},
};

use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindReceiverResp, BindTransceiverResp},
    tokio_codec::CommandCodec,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep_until},
};
use tokio_util::{
    bytes::BytesMut,
    codec::{Decoder as _, Encoder as _},
};

use crate::{Shared, State, Ticket};

/// Serves a receiver until the connection ends, by whom ever.
pub(crate) async fn run(stream: TcpStream, shared: &Arc<Shared>) {
    let mut session = Session {
        stream,
        shared: Arc::clone(shared),
        codec: CommandCodec::new(),
        read: BytesMut::new(),
        bound: false,
        sequence: 0,
        under_way: HashMap::new(),
    };
    let _ended = session.serve().await;
    // What was not answered is stored still.
    let mut state = shared.state();
    for ticket in session.under_way.into_values() {
        if let Some(stored) = state.messages.get_mut(&ticket) {
            stored.under_way = false;
        }
    }
}

struct Session {
    stream: TcpStream,
    shared: Arc<Shared>,
    codec: CommandCodec,
    read: BytesMut,
    bound: bool,
    sequence: u32,
    under_way: HashMap<u32, Ticket>,
}

/// `Err` ends the connection.
type Going = io::Result<()>;

fn over() -> io::Error {
    io::Error::other("the connection is over")
}

impl Session {
    async fn serve(&mut self) -> Going {
        loop {
            while let Some(command) = self
                .codec
                .decode(&mut self.read)
                .map_err(io::Error::other)?
            {
                self.command(&command).await?;
            }
            let shared = Arc::clone(&self.shared);
            // Asked for before looking, so that no change is missed.
            let changed = shared.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            let next = if self.bound {
                self.deliver().await?
            } else {
                None
            };
            let due =
                next.unwrap_or_else(|| Instant::now() + std::time::Duration::from_secs(3_600));
            tokio::select! {
                read = self.stream.read_buf(&mut self.read) => if read? == 0 {
                    return Err(over());
                },
                () = changed => {}
                () = sleep_until(due) => {}
            }
        }
    }

    async fn send(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> Going {
        let mut bytes = BytesMut::new();
        let command = Command::new(status, sequence, pdu);
        self.codec
            .encode(&command, &mut bytes)
            .map_err(io::Error::other)?;
        self.stream.write_all(&bytes).await
    }

    async fn command(&mut self, command: &Command) -> Going {
        let (status, sequence) = (command.status(), command.sequence_number());
        let seen = |counter: &std::sync::atomic::AtomicU64| {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        match command.pdu() {
            Some(Pdu::BindReceiver(bind)) => {
                let ok = self.may_bind(bind.system_id.as_str(), bind.password.as_str());
                self.bind(ok, sequence, BindReceiverResp::default()).await
            }
            Some(Pdu::BindTransceiver(bind)) => {
                let ok = self.may_bind(bind.system_id.as_str(), bind.password.as_str());
                self.bind(ok, sequence, BindTransceiverResp::default())
                    .await
            }
            Some(Pdu::DeliverSmResp(_) | Pdu::DataSmResp(_)) => self.answered(sequence, status),
            Some(Pdu::EnquireLink) => {
                seen(&self.shared.seen.enquiries);
                let silent = self.shared.state().faults.silent;
                if silent {
                    return Ok(());
                }
                self.send(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp)
                    .await
            }
            Some(Pdu::EnquireLinkResp) => {
                seen(&self.shared.seen.enquiries_answered);
                Ok(())
            }
            Some(Pdu::GenericNack) => {
                seen(&self.shared.seen.nacks);
                Ok(())
            }
            Some(Pdu::Unbind) => {
                seen(&self.shared.seen.unbinds);
                self.send(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp)
                    .await?;
                Err(over())
            }
            _ => Ok(()),
        }
    }

    fn may_bind(&self, system_id: &str, password: &str) -> bool {
        let options = &self.shared.options;
        let closed = self.shared.state().faults.closed;
        !closed && system_id == options.system_id && password == options.password
    }

    async fn bind(&mut self, ok: bool, sequence: u32, pdu: impl Into<Pdu>) -> Going {
        let seen = &self.shared.seen;
        if ok {
            seen.binds.fetch_add(1, Ordering::SeqCst);
            self.bound = true;
            self.shared.state().cut = false;
            return self.send(CommandStatus::EsmeRok, sequence, pdu).await;
        }
        seen.refused_binds.fetch_add(1, Ordering::SeqCst);
        self.send(CommandStatus::EsmeRinvpaswd, sequence, pdu)
            .await?;
        Err(over())
    }

    fn answered(&mut self, sequence: u32, status: CommandStatus) -> Going {
        let Some(ticket) = self.under_way.get(&sequence).copied() else {
            return Ok(());
        };
        let mut state = self.shared.state();
        let State {
            faults, messages, ..
        } = &mut *state;
        if faults.deaf > 0 {
            faults.deaf -= 1;
            return Err(over());
        }
        self.under_way.remove(&sequence);
        if let Some(stored) = messages.get_mut(&ticket) {
            stored.under_way = false;
            stored.answers.push(status);
            stored.settled = !matches!(
                status,
                CommandStatus::EsmeRmsgqful
                    | CommandStatus::EsmeRxTAppn
                    | CommandStatus::EsmeRthrottled
                    | CommandStatus::EsmeRsyserr
            );
            stored.due = Instant::now() + self.shared.options.retry;
        }
        Ok(())
    }

    /// Sends what is due, as far as the window allows; when the next is.
    async fn deliver(&mut self) -> io::Result<Option<Instant>> {
        let now = Instant::now();
        let (raw, enquire, out, next) = {
            let mut state = self.shared.state();
            if std::mem::take(&mut state.cut) {
                return Err(over());
            }
            let room = self
                .shared
                .options
                .window
                .saturating_sub(self.under_way.len());
            let mut out = Vec::new();
            let mut next = None;
            for (ticket, stored) in &mut state.messages {
                if stored.settled || stored.under_way {
                    continue;
                }
                if stored.due <= now && out.len() < room {
                    stored.under_way = true;
                    out.push((*ticket, stored.sms.pdu()));
                } else if stored.due > now {
                    next = Some(next.map_or(stored.due, |next: Instant| next.min(stored.due)));
                }
            }
            let raw = std::mem::take(&mut state.raw);
            (raw, std::mem::take(&mut state.enquire), out, next)
        };
        for bytes in raw {
            self.stream.write_all(&bytes).await?;
        }
        if enquire {
            self.sequence += 1;
            self.send(CommandStatus::EsmeRok, self.sequence, Pdu::EnquireLink)
                .await?;
        }
        // Named before any is sent: what a broken connection swallows is stored still.
        let out: Vec<_> = out
            .into_iter()
            .map(|(ticket, pdu)| {
                self.sequence += 1;
                self.under_way.insert(self.sequence, ticket);
                (self.sequence, pdu)
            })
            .collect();
        for (sequence, pdu) in out {
            self.send(CommandStatus::EsmeRok, sequence, pdu).await?;
        }
        Ok(next)
    }
}
