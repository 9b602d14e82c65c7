//! `lapwing witness`: a witness on a command line.

mod enrol;
mod inbox;
mod invite;
mod message;
mod report;
mod seen;
mod state;
mod whisper;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use lapwing_model::Form;
use lapwing_wire::{Envelope, VerifyingKey};
use lapwing_witness::Phone;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use self::state::State;
use crate::{
    clock, entropy, passes,
    relay_client::{Delivered, RelayClient, root_key},
};

/// How long an envelope is tried.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a witness does from a shell.
#[derive(clap::Subcommand)]
pub(crate) enum Witness {
    /// Seal one observation and send it
    Report(Box<report::Report>),
    /// Say one observation in fourteen words, without network
    Whisper(Box<whisper::Whisper>),
    /// Join a cell by an invite
    Enrol(enrol::Enrol),
    /// Write to the coordinator
    Message(message::Message),
    /// Fetch the drop, print what is new as JSON lines, and acknowledge it
    Inbox(inbox::Inbox),
    /// Fetch a batch of passes
    Passes(passes::Passes),
    /// List the kinds of the form
    Kinds,
}

/// The way to the desk.
#[derive(clap::Args)]
pub(crate) struct Way {
    /// The relay, for example http://127.0.0.1:8101
    #[arg(long)]
    relay: String,
    /// The desk's root key (64 hex digits), as `lapwing desk key` prints it
    #[arg(long, value_name = "HEX")]
    desk_root_key: String,
}

/// The way to the desk, and who one is.
#[derive(clap::Args)]
pub(crate) struct Witnessing {
    #[command(flatten)]
    way: Way,
    /// File that keeps who one is: whoever has it can speak as this witness
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// File of passes (`lapwing witness passes`), for desks whose bulletin names an issuer
    #[arg(long, value_name = "FILE")]
    passes: Option<PathBuf>,
}

impl Witness {
    /// Runs it.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Report(report) => report.run().await,
            Self::Whisper(whisper) => whisper.run(),
            Self::Enrol(enrol) => enrol.run().await,
            Self::Message(message) => message.run().await,
            Self::Inbox(inbox) => inbox.run().await,
            Self::Passes(passes) => passes.run().await,
            Self::Kinds => {
                for kind in Form::civil_protection().kinds() {
                    println!("{:<16} {:<28} {}", kind.name, kind.label.en, kind.label.uk);
                }
                Ok(())
            }
        }
    }
}

/// Who one is, and where that is kept.
struct Me {
    phone: Phone,
    rng: ChaCha20Rng,
    state: State,
    path: Option<PathBuf>,
}

impl Me {
    /// Without a path the witness is somebody new, and forgotten at the end.
    fn recall(root: VerifyingKey, path: Option<&Path>) -> anyhow::Result<Self> {
        let mut rng = ChaCha20Rng::from_seed(entropy::seed()?);
        let state = match path {
            Some(path) => State::read(path)?.unwrap_or_else(|| State::new(&mut rng)),
            None => State::new(&mut rng),
        };
        let mut phone = Phone::new(root.as_bytes(), state.author, state.sequence)?;
        phone.recall(state.bucket(), state.kept.as_deref())?;
        Ok(Self {
            phone,
            rng,
            state,
            path: path.map(Path::to_owned),
        })
    }

    /// Keeps who one is: a number or a step that is used twice would count as one.
    fn keep(&mut self) -> anyhow::Result<()> {
        self.state.sequence = self.phone.next_sequence();
        self.state.kept = self.phone.kept().map(|kept| kept.to_vec());
        match &self.path {
            Some(path) => self.state.write(path),
            None => Ok(()),
        }
    }
}

/// A phone with the newest bulletin, and the way to its relay.
struct Session {
    relay: RelayClient,
    me: Me,
}

impl Session {
    /// Fetches the bulletin.
    async fn open(way: &Way, path: Option<&Path>) -> anyhow::Result<Self> {
        let relay = RelayClient::new(&way.relay)?;
        let key = root_key(&way.desk_root_key)?;
        let (bulletin, _) = relay.bulletin(Some(key)).await?;
        let mut me = Me::recall(key, path)?;
        me.phone.accept_bulletin(&bulletin, clock::now())?;
        Ok(Self { relay, me })
    }

    /// Keeps who one is, then sends an envelope, with a pass where the bulletin names an issuer.
    async fn send(
        &mut self,
        envelope: &Envelope,
        passes: Option<&Path>,
    ) -> anyhow::Result<Delivered> {
        self.me.keep()?;
        let named = self.me.phone.bulletin().is_some_and(|b| b.passes.is_some());
        let pass = match passes {
            Some(path) if named => passes::take(path, clock::now())?,
            _ => None,
        };
        if named && pass.is_none() {
            eprintln!("no pass at hand: a relay that asks for one will refuse");
        }
        self.relay
            .deliver(envelope, pass.as_ref(), PATIENCE)
            .await
            .context("the envelope was not delivered")
    }
}
