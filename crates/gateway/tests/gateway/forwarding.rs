//! A relay that refuses, lies or wants passes.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use crate::common::{DeskKeys, Gateway, NearRelay, SOON, until, words};
use lapwing_gateway::{Forwarding, Message, Relay, Trouble, Verdict, forward};
use lapwing_wire::{
    Answer, Envelope, PASS_LEN, Pass, Receipt, SigningKey, challenge_digest, leaf_hash,
};
use lapwing_words::{Language, Style};
use zeroize::Zeroizing;

const LOG: [u8; 32] = [6; 32];

/// To an envelope, a pass, and how many were shown before; the key by which it signs.
type Says = dyn Fn(&Envelope, Option<&Pass>, usize) -> Result<SigningKey, Trouble> + Send + Sync;

/// What a made-up relay says to an envelope, and all that was shown to it.
struct Scripted {
    desk: DeskKeys,
    says: Box<Says>,
    shown: Mutex<Vec<(Envelope, Option<Pass>)>>,
    passes: Mutex<Vec<Pass>>,
}

impl Scripted {
    fn new(
        passes: u8,
        says: impl Fn(&Envelope, Option<&Pass>, usize) -> Result<SigningKey, Trouble>
        + Send
        + Sync
        + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            desk: DeskKeys::new(),
            says: Box::new(says),
            shown: Mutex::default(),
            passes: Mutex::new((0..passes).map(pass).collect()),
        })
    }

    fn shown(&self) -> Vec<(Envelope, Option<Pass>)> {
        self.shown.lock().unwrap().clone()
    }
}

impl Relay for Scripted {
    async fn bulletin(&self) -> Result<Vec<u8>, Trouble> {
        Ok(self.desk.bulletin_with_issuer(2))
    }

    async fn post(&self, envelope: &Envelope, pass: Option<&Pass>) -> Result<Vec<u8>, Trouble> {
        let mut shown = self.shown.lock().unwrap();
        shown.push((envelope.clone(), pass.cloned()));
        let key = (self.says)(envelope, pass, shown.len())?;
        let salt = [7; 32];
        let receipt = Receipt::sign(&key, leaf_hash(&salt, envelope), 1);
        Ok(Answer { receipt, salt }.encode().to_vec())
    }

    async fn pass(&self) -> Option<Pass> {
        self.passes.lock().unwrap().pop()
    }
}

fn pass(n: u8) -> Pass {
    let mut bytes = [n; PASS_LEN];
    bytes[..2].copy_from_slice(&2_u16.to_be_bytes());
    bytes[34..66].copy_from_slice(&challenge_digest());
    Pass::decode(&bytes).unwrap()
}

fn log() -> SigningKey {
    SigningKey::from_bytes(&LOG)
}

async fn taken(gateway: &Gateway, seeds: std::ops::RangeInclusive<u8>) {
    for seed in seeds {
        let message = Message {
            from: Zeroizing::default(),
            text: Zeroizing::new(words(seed, Language::English, Style::Plain)),
            part: None,
        };
        assert_eq!(gateway.intake.take(message).await, Verdict::Kept);
    }
}

fn forwarding(gateway: &Gateway, relay: &Arc<Scripted>) -> tokio::task::JoinHandle<()> {
    let forwarding = Forwarding {
        every: SOON,
        seed: [5; 32],
        log_key: Some(log().verifying_key()),
    };
    let (relay, desk) = (Arc::clone(relay), Arc::clone(&gateway.desk));
    tokio::spawn(forward(relay, desk, gateway.queue.clone(), forwarding))
}

async fn waiting(gateway: &Gateway) -> u64 {
    gateway.queue.count().await.unwrap()
}

#[tokio::test]
async fn an_envelope_that_is_refused_does_not_keep_the_others() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    taken(&gateway, 1..=5).await;
    let first = gateway.queue.after(0, 1).await.unwrap().remove(0).envelope;
    let relay = Scripted::new(0, move |envelope, _, _| {
        if *envelope == first {
            return Err(Trouble::Refused("never".into()));
        }
        Ok(log())
    });
    let _forwarding = forwarding(&gateway, &relay);
    until("all others left", async || waiting(&gateway).await == 1).await;
    // It is tried again, as long as it takes.
    let count = relay.shown().len();
    until("it is tried again", async || {
        relay.shown().len() > count + 1
    })
    .await;
    assert_eq!(waiting(&gateway).await, 1);
}

#[tokio::test]
async fn only_a_receipt_of_this_relay_for_this_envelope_counts() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    taken(&gateway, 1..=1).await;
    let relay = Scripted::new(0, |_, _, tries| {
        // Somebody in between answers first.
        let somebody = SigningKey::from_bytes(&[9; 32]);
        Ok(if tries <= 2 { somebody } else { log() })
    });
    let _forwarding = forwarding(&gateway, &relay);
    until("it left", async || waiting(&gateway).await == 0).await;
    assert_eq!(relay.shown().len(), 3);
}

#[tokio::test]
async fn a_pass_is_shown_with_one_envelope_only_and_another_is_taken_when_it_was_spent() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    taken(&gateway, 1..=4).await;
    let relay = Scripted::new(9, |_, pass, tries| match tries {
        1 | 2 => Err(Trouble::Passing("it is away".into())),
        3 => Err(Trouble::Pass("it was spent".into())),
        _ if pass.is_none() => Err(Trouble::Pass("where is it?".into())),
        _ => Ok(log()),
    });
    let _forwarding = forwarding(&gateway, &relay);
    until("all left", async || waiting(&gateway).await == 0).await;
    let mut owners = HashSet::new();
    let mut passes = HashSet::new();
    for (envelope, pass) in relay.shown() {
        let pass = pass.expect("the bulletin names an issuer").encode();
        passes.insert(pass);
        owners.insert((pass, envelope.digest()));
    }
    assert_eq!(
        owners.len(),
        passes.len(),
        "a pass was shown with two envelopes"
    );
    // Four envelopes, and one whose first pass was spent.
    assert_eq!(passes.len(), 5);
}

#[tokio::test]
async fn without_passes_envelopes_wait_and_nobody_is_pestered() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    taken(&gateway, 1..=3).await;
    let relay = Scripted::new(0, |_, pass, _| match pass {
        None => Err(Trouble::Pass("where is it?".into())),
        Some(_) => Ok(log()),
    });
    let _forwarding = forwarding(&gateway, &relay);
    until("it was tried three times", async || {
        relay.shown().len() >= 3
    })
    .await;
    assert_eq!(waiting(&gateway).await, 3);
    // One envelope a round, not all of them.
    assert!(relay.shown().len() < 6);
    relay.passes.lock().unwrap().extend((0..3).map(pass));
    until("all left", async || waiting(&gateway).await == 0).await;
}

#[tokio::test]
async fn what_came_together_leaves_together_and_in_another_order() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    taken(&gateway, 1..=20).await;
    let came: Vec<_> = gateway.queue.after(0, 99).await.unwrap();
    let came: Vec<_> = came.into_iter().map(|waiting| waiting.envelope).collect();
    let relay = Scripted::new(20, |_, _, _| Ok(log()));
    let _forwarding = forwarding(&gateway, &relay);
    until("all left", async || waiting(&gateway).await == 0).await;
    let left: Vec<_> = relay
        .shown()
        .into_iter()
        .map(|(envelope, _)| envelope)
        .collect();
    assert_eq!(left.len(), came.len());
    assert_ne!(left, came);
    assert!(came.iter().all(|envelope| left.contains(envelope)));
}

#[tokio::test]
async fn a_newer_bulletin_is_kept_and_an_older_one_is_not_taken() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    assert!(!gateway.desk.names_issuer());
    let relay = NearRelay::start(&desk).await;
    let scripted = Scripted::new(0, |_, _, _| Ok(log()));
    let newer = forwarding(&gateway, &scripted);
    until("the newer one is known", async || {
        gateway.desk.names_issuer()
    })
    .await;
    newer.abort();
    let bytes = relay.bulletin().await.unwrap();
    let why = gateway.desk.accept(&bytes).unwrap_err().to_string();
    assert!(why.contains("older"), "{why}");
    // After a restart it is still the newer one.
    let folder = gateway.kill();
    let clock = crate::common::clock().0;
    let root = desk.root.verifying_key();
    let again = lapwing_gateway::Desk::open(&root, &folder, clock, [3; 32]).unwrap();
    assert!(again.names_issuer() && again.ready().is_ok());
    let other = SigningKey::from_bytes(&[2; 32]).verifying_key();
    let clock = crate::common::clock().0;
    assert!(lapwing_gateway::Desk::open(&other, &folder, clock, [3; 32]).is_err());
}
