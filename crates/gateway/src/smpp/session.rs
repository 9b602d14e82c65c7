//! One connection to a carrier, from bind to unbind.

use std::{io, pin::Pin, sync::Arc, time::Duration};

use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    pdus::{BindReceiver, BindTransceiver},
    types::COctetString,
    values::InterfaceVersion,
};
use tokio::{
    io::{AsyncWriteExt as _, ReadHalf, WriteHalf, split},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::bytes::BytesMut;
use zeroize::Zeroizing;

use super::{
    Carrier, TooLong,
    connect::{Stream, connect},
    message::message,
    pdu::{self, Frame},
};
use crate::{DefaultAlphabet, Intake, Verdict};

/// Messages that are being kept at once; a carrier that sends more is told to slow down.
const IN_FLIGHT: usize = 64;
/// Frames that were read and not yet looked at.
const READ_AHEAD: usize = 16;
/// The answer to a bind, an enquiry or an unbind must be there by then.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// A carrier that does not read for so long is gone.
const WRITE_WAIT: Duration = Duration::from_secs(30);
/// What is under way when the gateway is told to stop may take this long: a little more than parts wait.
const DRAIN: Duration = Duration::from_secs(8);
/// The first of a session is the bind.
const BIND_SEQUENCE: u32 = 1;

/// Why a session ended.
pub(super) enum Ended {
    /// The gateway was told to stop.
    Told,
    /// The connection is lost; why, without an address.
    Lost(String),
    /// The carrier does not let us bind.
    Refused(u32),
}

impl From<io::Error> for Ended {
    fn from(why: io::Error) -> Self {
        Self::Lost(why.kind().to_string())
    }
}

/// The frame by which to bind.
pub(super) fn bind(carrier: &Carrier) -> Result<Zeroizing<Vec<u8>>, TooLong> {
    fn fits<const MAX: usize>(
        what: &'static str,
        text: &str,
    ) -> Result<COctetString<1, MAX>, TooLong> {
        let ended = Zeroizing::new([text.as_bytes(), b"\0"].concat());
        COctetString::from_slice(&ended).map_err(|_why| TooLong { what, max: MAX - 1 })
    }
    let system_id = fits("system id", &carrier.system_id)?;
    let password = fits("password", &carrier.password)?;
    let system_type = fits("system type", &carrier.system_type)?;
    let pdu: Pdu = if carrier.transceiver {
        BindTransceiver::builder()
            .system_id(system_id)
            .password(password)
            .system_type(system_type)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build()
            .into()
    } else {
        BindReceiver::builder()
            .system_id(system_id)
            .password(password)
            .system_type(system_type)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build()
            .into()
    };
    let bytes = pdu::bytes(CommandStatus::EsmeRok, BIND_SEQUENCE, pdu);
    Ok(Zeroizing::new(bytes.to_vec()))
}

/// Binds and takes messages until the connection is lost or `shutdown` ends.
pub(super) async fn run(
    carrier: &Carrier,
    bind: &[u8],
    intake: &Arc<Intake>,
    mut shutdown: Pin<&mut impl Future<Output = ()>>,
) -> Ended {
    let opening = open(carrier, bind);
    let (reader, writer) = tokio::select! {
        opened = opening => match opened {
            Ok(halves) => halves,
            Err(ended) => return ended,
        },
        () = shutdown.as_mut() => return Ended::Told,
    };
    tracing::info!("bound to the carrier");
    let (frames_in, mut frames) = mpsc::channel(READ_AHEAD);
    let reading = tokio::spawn(read_on(reader, frames_in));
    // Room for every answer that can be under way: sending one never waits.
    let (answers_in, mut answers) = mpsc::channel(IN_FLIGHT);
    let mut session = Session {
        writer,
        intake: Arc::clone(intake),
        alphabet: carrier.alphabet,
        enquire: carrier.enquire,
        answers: answers_in,
        in_flight: 0,
        heard: Instant::now(),
        asked: None,
        sequence: BIND_SEQUENCE,
        stopping: None,
        unbound: false,
    };
    let ended = loop {
        let next = session.next_deadline();
        let stopping = session.stopping.is_some();
        let step = tokio::select! {
            frame = frames.recv() => match frame {
                Some(Ok(frame)) => session.frame(frame).await,
                Some(Err(why)) => Err(why.into()),
                None => Err(Ended::Lost("the connection ended".into())),
            },
            Some(answer) = answers.recv() => {
                session.in_flight -= 1;
                session.write(&answer).await
            }
            () = sleep_until(next) => session.deadline().await,
            () = shutdown.as_mut(), if !stopping => {
                session.stopping = Some(Instant::now() + DRAIN);
                Ok(())
            }
        };
        let step = match step {
            Ok(()) => session.unbind_when_done().await,
            ended => ended,
        };
        if let Err(ended) = step {
            break ended;
        }
    };
    reading.abort();
    if session.stopping.is_some() {
        Ended::Told
    } else {
        ended
    }
}

type Halves = (ReadHalf<Box<dyn Stream>>, WriteHalf<Box<dyn Stream>>);

async fn open(carrier: &Carrier, bind: &[u8]) -> Result<Halves, Ended> {
    let stream = connect(&carrier.address, carrier.tls.as_ref()).await?;
    let (mut reader, mut writer) = split(stream);
    writer.write_all(bind).await?;
    writer.flush().await?;
    let answer = async {
        loop {
            let frame = pdu::read(&mut reader).await?;
            let Some(command) = frame.command else {
                continue;
            };
            if frame.sequence == BIND_SEQUENCE
                && matches!(
                    command.id(),
                    CommandId::BindReceiverResp
                        | CommandId::BindTransceiverResp
                        | CommandId::GenericNack
                )
            {
                return Ok::<_, io::Error>((command.id(), command.status()));
            }
        }
    };
    match timeout(ANSWER_WAIT, answer).await {
        Err(_late) => Err(Ended::Lost("the bind is not answered".into())),
        Ok(answer) => match answer? {
            (CommandId::GenericNack, status) => Err(Ended::Refused(status.into())),
            (_, CommandStatus::EsmeRok) => Ok((reader, writer)),
            (_, status) => Err(Ended::Refused(status.into())),
        },
    }
}

/// Reads whole frames on a task of its own: a read that is given up half-way would lose the place.
async fn read_on(mut reader: ReadHalf<Box<dyn Stream>>, frames: mpsc::Sender<io::Result<Frame>>) {
    loop {
        let frame = pdu::read(&mut reader).await;
        let broken = frame.is_err();
        if frames.send(frame).await.is_err() || broken {
            return;
        }
    }
}

struct Session {
    writer: WriteHalf<Box<dyn Stream>>,
    intake: Arc<Intake>,
    alphabet: DefaultAlphabet,
    enquire: Duration,
    answers: mpsc::Sender<BytesMut>,
    /// Messages that were not answered yet.
    in_flight: usize,
    /// When the carrier was last heard.
    heard: Instant,
    /// When it was asked whether it is there, if it has not answered.
    asked: Option<Instant>,
    sequence: u32,
    /// The gateway was told to stop; until when to wait for what is under way.
    stopping: Option<Instant>,
    unbound: bool,
}

type Going = Result<(), Ended>;

impl Session {
    async fn frame(&mut self, frame: Frame) -> Going {
        self.heard = Instant::now();
        self.asked = None;
        let Frame {
            id,
            sequence,
            command,
        } = frame;
        let is_message =
            id == u32::from(CommandId::DeliverSm) || id == u32::from(CommandId::DataSm);
        match command {
            Some(command) if is_message => self.message(id, sequence, &command).await,
            Some(command) => match command.id() {
                CommandId::EnquireLink => {
                    self.send(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp)
                        .await
                }
                CommandId::Unbind => {
                    self.send(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp)
                        .await?;
                    Err(Ended::Lost("it has unbound us".into()))
                }
                CommandId::UnbindResp if self.unbound => Err(Ended::Told),
                CommandId::AlertNotification | CommandId::Outbind => Ok(()),
                _ => self.not_understood(id, sequence).await,
            },
            // The sender is told for good: the same bytes would not be understood another time.
            None if is_message => {
                tracing::warn!("a message is not well formed, and was refused");
                self.write(&pdu::answer(id, CommandStatus::EsmeRxRAppn, sequence))
                    .await
            }
            None => self.not_understood(id, sequence).await,
        }
    }

    /// Requests are said no to; answers to nothing are passed over.
    async fn not_understood(&mut self, id: u32, sequence: u32) -> Going {
        if id & 0x8000_0000 != 0 {
            return Ok(());
        }
        self.send(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack)
            .await
    }

    async fn message(&mut self, id: u32, sequence: u32, command: &Command) -> Going {
        let later = if self.stopping.is_some() {
            Some(CommandStatus::EsmeRxTAppn)
        } else if self.in_flight >= IN_FLIGHT {
            Some(CommandStatus::EsmeRthrottled)
        } else {
            None
        };
        if let Some(later) = later {
            return self.write(&pdu::answer(id, later, sequence)).await;
        }
        let read = command.pdu().and_then(|pdu| message(pdu, self.alphabet));
        let Some(message) = read else {
            // A picture, or a header that is broken: not for us, and not to be sent again.
            let answer = pdu::answer(id, CommandStatus::EsmeRok, sequence);
            return self.write(&answer).await;
        };
        self.in_flight += 1;
        let (intake, answers) = (Arc::clone(&self.intake), self.answers.clone());
        tokio::spawn(async move {
            let status = match intake.take(message).await {
                Verdict::Kept | Verdict::NoWhisper => CommandStatus::EsmeRok,
                Verdict::Full => CommandStatus::EsmeRmsgqful,
                Verdict::Waits | Verdict::Unable => CommandStatus::EsmeRxTAppn,
            };
            // The session may be gone: the carrier then sends it again.
            let _ = answers.send(pdu::answer(id, status, sequence)).await;
        });
        Ok(())
    }

    /// When something is to be done although nothing comes.
    fn next_deadline(&self) -> Instant {
        let link = match self.asked {
            Some(asked) => asked + self.enquiry_wait(),
            None => self.heard + self.enquire,
        };
        self.stopping.map_or(link, |stopping| stopping.min(link))
    }

    fn enquiry_wait(&self) -> Duration {
        self.enquire.min(ANSWER_WAIT)
    }

    async fn deadline(&mut self) -> Going {
        let now = Instant::now();
        if self.stopping.is_some_and(|stopping| stopping <= now) {
            return if self.unbound {
                Err(Ended::Told)
            } else {
                self.unbind().await
            };
        }
        match self.asked {
            Some(asked) if asked + self.enquiry_wait() <= now => {
                Err(Ended::Lost("it does not say that it is there".into()))
            }
            Some(_) => Ok(()),
            None if self.heard + self.enquire <= now => {
                self.asked = Some(now);
                self.sequence += 1;
                self.send(CommandStatus::EsmeRok, self.sequence, Pdu::EnquireLink)
                    .await
            }
            None => Ok(()),
        }
    }

    async fn unbind_when_done(&mut self) -> Going {
        if self.stopping.is_some() && self.in_flight == 0 && !self.unbound {
            return self.unbind().await;
        }
        Ok(())
    }

    async fn unbind(&mut self) -> Going {
        self.unbound = true;
        self.stopping = Some(Instant::now() + ANSWER_WAIT / 3);
        self.sequence += 1;
        self.send(CommandStatus::EsmeRok, self.sequence, Pdu::Unbind)
            .await
    }

    async fn send(&mut self, status: CommandStatus, sequence: u32, pdu: Pdu) -> Going {
        self.write(&pdu::bytes(status, sequence, pdu)).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Going {
        let writing = async {
            self.writer.write_all(bytes).await?;
            self.writer.flush().await
        };
        match timeout(WRITE_WAIT, writing).await {
            Ok(done) => Ok(done?),
            Err(_late) => Err(Ended::Lost("it does not read".into())),
        }
    }
}
