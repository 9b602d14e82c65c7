//! A gateway and a carrier over real TCP, with everything that breaks between them.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use crate::common::{DeskKeys, Gateway, NearRelay, only, until, whisper, words};
use lapwing_gateway::{
    DefaultAlphabet, Holding, Intake,
    smpp::{self, Carrier, CarrierTls},
};
use lapwing_smsc::{Options, Sms, Smsc};
use lapwing_words::{Language, Style};
use rusmpp::CommandStatus;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, rustls};
use zeroize::Zeroizing;

const PHONE: &str = "380441234567";
const OTHER_PHONE: &str = "380501112233";
use CommandStatus::{EsmeRmsgqful as QUEUE_FULL, EsmeRok as OK, EsmeRxTAppn as LATER};

/// A gateway's side of the connection, until it is told to stop or dropped.
struct Bound {
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl Bound {
    fn to(smsc: &Smsc, intake: &Arc<Intake>) -> Self {
        Self::with(smsc, intake, |_carrier| {})
    }

    fn with(smsc: &Smsc, intake: &Arc<Intake>, change: impl FnOnce(&mut Carrier)) -> Self {
        let mut carrier = Carrier {
            address: smsc.address.to_string(),
            system_id: "lapwing".into(),
            password: Zeroizing::new("s3cr3t".into()),
            system_type: String::new(),
            transceiver: false,
            tls: None,
            enquire: Duration::from_secs(30),
            alphabet: DefaultAlphabet::Gsm7,
        };
        change(&mut carrier);
        let intake = Arc::clone(intake);
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            smpp::serve(&carrier, intake, stopped).await.unwrap();
        });
        Self {
            stop: Some(stop),
            serving,
        }
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        (&mut self.serving).await.unwrap();
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// So that parts are put off soon where that is what is tested.
const BRIEF: Holding = Holding {
    wait: Duration::from_millis(100),
    at_once: 4,
};

#[tokio::test]
async fn a_message_of_each_kind_is_opened_at_the_desk() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let relay = NearRelay::start(&desk).await;
    let gateway = Gateway::open(folder.path(), &desk);
    gateway.forward_to(&relay);
    let smsc = Smsc::start(Options::default()).await;
    let bound = Bound::to(&smsc, &gateway.intake);
    let (uk, en) = (Language::Ukrainian, Language::English);
    let mut sent = vec![
        Sms::text(PHONE, &words(1, uk, Style::Latin)),
        Sms::text(PHONE, &words(2, en, Style::Plain)),
        Sms::payload(PHONE, &words(3, uk, Style::Errand(1))),
        Sms::data(PHONE, &words(7, uk, Style::Plain)),
    ];
    sent.extend(Sms::parts(PHONE, 7, &words(4, uk, Style::Plain)));
    sent.extend(Sms::sar_parts(
        OTHER_PHONE,
        7,
        &words(5, uk, Style::Errand(0)),
    ));
    // As people type: one word wrong, the last two changed over.
    let mut mistyped: Vec<String> = words(6, uk, Style::Latin)
        .split(' ')
        .map(Into::into)
        .collect();
    mistyped[4] = "qqqq".into();
    sent.push(Sms::text(PHONE, &mistyped.join(" ")));
    let tickets: Vec<_> = sent.into_iter().map(|sms| smsc.submit(sms)).collect();
    for ticket in tickets {
        assert_eq!(smsc.settled(ticket).await, [OK]);
    }
    until("the queue is empty", async || {
        gateway.queue.count().await.unwrap() == 0
    })
    .await;
    let mut opened = relay.opened(&desk).await;
    assert_eq!(opened.len(), 7);
    let mended = opened
        .iter()
        .position(|forwarded| forwarded.whispers.contains(&whisper(6)))
        .unwrap();
    opened.remove(mended);
    let mut found: Vec<_> = opened.iter().map(|f| only(f).to_bytes()).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [1, 2, 3, 4, 5, 7].map(|seed| whisper(seed).to_bytes())
    );
    bound.stop().await;
    assert_eq!(smsc.unbinds(), 1);
}

#[tokio::test]
async fn what_is_no_whisper_is_acknowledged_counted_and_forgotten() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let junk = [
        Sms::text(PHONE, "Hi, are you at home?"),
        Sms::text(PHONE, "Привіт! Ти вдома?"),
        Sms::text(PHONE, ""),
        // A delivery receipt, a picture, a header that is cut off.
        Sms::bytes(
            PHONE,
            0x04,
            0,
            b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000",
        ),
        Sms::bytes(PHONE, 0, 4, b"\x89PNG"),
        Sms::bytes(PHONE, 0x40, 0, b"\xff"),
    ];
    for sms in junk {
        assert_eq!(smsc.settled(smsc.submit(sms)).await, [OK]);
    }
    assert_eq!(gateway.queue.count().await.unwrap(), 0);
    let counts = gateway.intake.counts();
    assert_eq!(
        (counts.kept(), counts.no_whisper(), counts.refused()),
        (0, 4, 0)
    );
    // Nothing of it is on the disk, neither text nor number.
    let folder = gateway.kill();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [&b"home"[..], PHONE.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret));
        }
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_loses_nothing() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let relay = NearRelay::start(&desk).await;
    let gateway = Gateway::open(folder.path(), &desk);
    gateway.forward_to(&relay);
    let smsc = Smsc::start(Options::default()).await;
    smsc.be_deaf_to(1);
    let _bound = Bound::to(&smsc, &gateway.intake);
    let ticket = smsc.submit(Sms::text(
        PHONE,
        &words(1, Language::Ukrainian, Style::Latin),
    ));
    assert_eq!(smsc.settled(ticket).await, [OK]);
    assert_eq!((smsc.deaf(), smsc.binds()), (0, 2));
    // It came twice: the desk takes a step once.
    until("both are at the relay", async || {
        relay.opened(&desk).await.len() == 2
    })
    .await;
    for forwarded in relay.opened(&desk).await {
        assert_eq!(only(&forwarded), whisper(1));
    }
}

#[tokio::test]
async fn a_gateway_that_dies_after_the_commit_forwards_what_it_acknowledged() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let relay = NearRelay::start(&desk).await;
    let smsc = Smsc::start(Options::default()).await;
    let gateway = Gateway::open(folder.path(), &desk);
    let bound = Bound::to(&smsc, &gateway.intake);
    for seed in 1..=3 {
        let ticket = smsc.submit(Sms::text(
            PHONE,
            &words(seed, Language::English, Style::Plain),
        ));
        assert_eq!(smsc.settled(ticket).await, [OK]);
    }
    drop(bound);
    gateway.kill();
    // The same folder, in a process that knows nothing else; and the relay is down for a while.
    relay.down.store(true, SeqCst);
    let gateway = loop {
        match lapwing_gateway::Queue::open(folder.path(), 10) {
            Ok(queue) => {
                drop(queue);
                tokio::time::sleep(Duration::from_millis(20)).await;
                break Gateway::open(folder.path(), &desk);
            }
            Err(_in_use) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert_eq!(gateway.queue.count().await.unwrap(), 3);
    gateway.forward_to(&relay);
    tokio::time::sleep(crate::common::SOON * 4).await;
    assert_eq!(gateway.queue.count().await.unwrap(), 3);
    relay.lost.store(1, SeqCst);
    relay.down.store(false, SeqCst);
    until("the queue is empty", async || {
        gateway.queue.count().await.unwrap() == 0
    })
    .await;
    // One answer was lost: the same bytes were sent again, and the relay has them once.
    assert_eq!(relay.posts.load(SeqCst), 4);
    let mut found: Vec<_> = relay
        .opened(&desk)
        .await
        .iter()
        .map(|f| only(f).to_bytes())
        .collect();
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3].map(|seed| whisper(seed).to_bytes()));
}

#[tokio::test]
async fn a_part_is_acknowledged_when_the_whole_is_on_disk_and_not_before() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::with(folder.path(), &desk, 10, BRIEF);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let parts = Sms::parts(PHONE, 9, &words(1, Language::Ukrainian, Style::Errand(0)));
    assert!(parts.len() >= 2);
    // In the wrong order, and the first much later than the others.
    let late = parts[0].clone();
    let early: Vec<_> = parts[1..]
        .iter()
        .rev()
        .map(|sms| smsc.submit(sms.clone()))
        .collect();
    for &ticket in &early {
        smsc.until("a part is put off", || {
            smsc.answers(ticket).contains(&LATER)
        })
        .await;
        assert!(!smsc.answers(ticket).contains(&OK));
    }
    assert_eq!(gateway.queue.count().await.unwrap(), 0);
    let late = smsc.settled(smsc.submit(late)).await;
    assert_eq!(late, [OK]);
    assert_eq!(gateway.queue.count().await.unwrap(), 1);
    for ticket in early {
        assert_eq!(smsc.settled(ticket).await.last(), Some(&OK));
    }
    // Their repetitions were recognised, and nothing was kept twice.
    assert_eq!(gateway.queue.count().await.unwrap(), 1);
    assert_eq!(
        only(&desk.open(&gateway.queue.after(0, 1).await.unwrap()[0].envelope)),
        whisper(1)
    );
}

#[tokio::test]
async fn a_carrier_that_waits_for_each_answer_delivers_long_messages_too() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::with(folder.path(), &desk, 10, BRIEF);
    let options = Options {
        window: 1,
        ..Options::default()
    };
    let smsc = Smsc::start(options).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let parts = Sms::parts(PHONE, 9, &words(1, Language::Ukrainian, Style::Plain));
    let tickets: Vec<_> = parts.into_iter().map(|sms| smsc.submit(sms)).collect();
    for ticket in tickets {
        assert_eq!(smsc.settled(ticket).await.last(), Some(&OK));
    }
    assert_eq!(gateway.queue.count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_queue_leaves_messages_with_the_carrier() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let relay = NearRelay::start(&desk).await;
    let gateway = Gateway::with(folder.path(), &desk, 2, BRIEF);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let message = |seed| Sms::text(PHONE, &words(seed, Language::English, Style::Plain));
    for seed in 1..=2 {
        assert_eq!(smsc.settled(smsc.submit(message(seed))).await, [OK]);
    }
    let third = smsc.submit(message(3));
    smsc.until("it is refused", || !smsc.answers(third).is_empty())
        .await;
    assert_eq!(smsc.answers(third)[0], QUEUE_FULL);
    gateway.forward_to(&relay);
    assert_eq!(smsc.settled(third).await.last(), Some(&OK));
    until("all are at the relay", async || {
        relay.opened(&desk).await.len() == 3
    })
    .await;
}

#[tokio::test]
async fn without_a_key_for_now_messages_stay_with_the_carrier() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    gateway
        .now
        .store(crate::common::NOW + 3_600 * 24 * 365, SeqCst);
    let text = words(1, Language::English, Style::Plain);
    let ticket = smsc.submit(Sms::text(PHONE, &text));
    smsc.until("it is put off", || !smsc.answers(ticket).is_empty())
        .await;
    assert_eq!(smsc.answers(ticket)[0], LATER);
    gateway.now.store(crate::common::NOW, SeqCst);
    assert_eq!(smsc.settled(ticket).await.last(), Some(&OK));
}

#[tokio::test]
async fn both_ask_whether_the_other_is_there_and_a_silent_carrier_is_left() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let bound = Bound::with(&smsc, &gateway.intake, |carrier| {
        carrier.enquire = Duration::from_millis(50);
        carrier.transceiver = true;
    });
    smsc.until("it asks again and again", || smsc.enquiries() >= 3)
        .await;
    assert_eq!(smsc.binds(), 1);
    smsc.enquire();
    smsc.until("the gateway says that it is there", || {
        smsc.enquiries_answered() == 1
    })
    .await;
    smsc.be_silent(true);
    smsc.until("it binds anew", || smsc.binds() == 2).await;
    smsc.be_silent(false);
    bound.stop().await;
    assert_eq!(smsc.unbinds(), 1);
}

#[tokio::test]
async fn it_binds_again_when_the_carrier_was_away() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    smsc.until("it is bound", || smsc.binds() == 1).await;
    smsc.close(true);
    smsc.close(false);
    smsc.until("it is bound again", || smsc.binds() == 2).await;
    let ticket = smsc.submit(Sms::text(PHONE, &words(1, Language::English, Style::Plain)));
    assert_eq!(smsc.settled(ticket).await, [OK]);
}

#[tokio::test]
async fn a_wrong_password_is_no_reason_to_hammer() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let bound = Bound::with(&smsc, &gateway.intake, |carrier| {
        carrier.password = Zeroizing::new("wrong".into());
    });
    smsc.until("it is refused", || smsc.refused_binds() == 1)
        .await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((smsc.binds(), smsc.refused_binds()), (0, 1));
    // It stops at once when told to, also while it waits.
    bound.stop().await;
    let carrier = |password: &str| Carrier {
        address: smsc.address.to_string(),
        system_id: "lapwing".into(),
        password: Zeroizing::new(password.into()),
        system_type: String::new(),
        transceiver: false,
        tls: None,
        enquire: Duration::from_secs(1),
        alphabet: DefaultAlphabet::Gsm7,
    };
    let refused = smpp::serve(
        &carrier("123456789"),
        gateway.intake,
        std::future::pending(),
    )
    .await;
    let why = refused.unwrap_err().to_string();
    assert!(
        why.contains("password") && why.contains("8 characters"),
        "{why}"
    );
}

#[tokio::test]
async fn frames_that_are_not_understood_cost_an_answer_and_not_the_connection() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let frame = |id: u32, body: &[u8]| {
        let length = 16 + body.len() as u32;
        let mut bytes: Vec<u8> = [length, id, 0, 900]
            .iter()
            .flat_map(|n| n.to_be_bytes())
            .collect();
        bytes.extend_from_slice(body);
        bytes
    };
    // A command of nobody, a submission, a message that is cut off.
    smsc.send_raw(&frame(0x0001_0200, b"xyz"));
    smsc.send_raw(&frame(0x0000_0004, b"xyz"));
    smsc.send_raw(&frame(0x0000_0005, b"\0\x01\x01380"));
    smsc.until("two are refused", || smsc.nacks() == 2).await;
    let ticket = smsc.submit(Sms::text(PHONE, &words(1, Language::English, Style::Plain)));
    assert_eq!(smsc.settled(ticket).await, [OK]);
    assert_eq!(smsc.binds(), 1);
    // Only what has no length that could be is the end of a connection.
    smsc.send_raw(b"GET / HTTP/1.1\r\n\r\n");
    smsc.until("it binds again", || smsc.binds() == 2).await;
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_the_unbind() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let options = Options {
        window: 100,
        ..Options::default()
    };
    let smsc = Smsc::start(options).await;
    let bound = Bound::to(&smsc, &gateway.intake);
    let text = words(1, Language::English, Style::Plain);
    let tickets: Vec<_> = (0..80)
        .map(|_| smsc.submit(Sms::text(PHONE, &text)))
        .collect();
    smsc.until("some are acknowledged", || {
        !smsc.answers(tickets[0]).is_empty()
    })
    .await;
    bound.stop().await;
    let acknowledged = tickets
        .iter()
        .filter(|&&ticket| smsc.answers(ticket).contains(&OK))
        .count();
    assert_eq!(gateway.queue.count().await.unwrap(), acknowledged as u64);
    assert_eq!(smsc.unbinds(), 1);
    // More than may be under way at once were slowed down, not lost.
    let answered = tickets
        .iter()
        .filter(|&&ticket| !smsc.answers(ticket).is_empty())
        .count();
    assert_eq!(answered, 80);
}

#[tokio::test]
async fn made_up_parts_do_not_keep_others_waiting() {
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let holding = Holding {
        wait: Duration::from_secs(3_600),
        at_once: 2,
    };
    let gateway = Gateway::with(folder.path(), &desk, 10, holding);
    let options = Options {
        window: 4,
        retry: Duration::from_secs(3_600),
        ..Options::default()
    };
    let smsc = Smsc::start(options).await;
    let _bound = Bound::to(&smsc, &gateway.intake);
    let junk: Vec<_> = (0..20)
        .map(|n| Sms::bytes(PHONE, 0x40, 0, &[5, 0, 3, n, 2, 1, b'x']))
        .map(|sms| smsc.submit(sms))
        .collect();
    let text = words(1, Language::English, Style::Plain);
    let ticket = smsc.submit(Sms::text(OTHER_PHONE, &text));
    assert_eq!(smsc.settled(ticket).await, [OK]);
    let waiting = junk
        .iter()
        .filter(|&&ticket| smsc.answers(ticket).is_empty());
    assert_eq!(waiting.count(), 2);
}

#[tokio::test]
async fn a_carrier_with_tls_is_known_by_its_certificate() {
    let tls = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../http/tests/tls");
    let (desk, folder) = (DeskKeys::new(), tempfile::tempdir().unwrap());
    let gateway = Gateway::open(folder.path(), &desk);
    let smsc = Smsc::start(Options::default()).await;
    let before = tls_before(smsc.address, &tls).await;
    let to = |carrier: &mut Carrier, authorities: Option<std::path::PathBuf>| {
        carrier.address = before.to_string();
        carrier.tls = Some(CarrierTls::new("localhost", authorities).unwrap());
    };
    // Of an authority that this machine does not trust.
    let stranger = Bound::with(&smsc, &gateway.intake, |carrier| to(carrier, None));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(smsc.binds() + smsc.refused_binds(), 0);
    stranger.stop().await;
    let authority = Some(tls.join("cert.pem"));
    let _bound = Bound::with(&smsc, &gateway.intake, |carrier| to(carrier, authority));
    let text = words(1, Language::English, Style::Plain);
    let ticket = smsc.submit(Sms::text(PHONE, &text));
    assert_eq!(smsc.settled(ticket).await, [OK]);
    assert!(CarrierTls::new("localhost", Some(tls.join("README.md"))).is_err());
}

/// TLS in front of a carrier that has none.
async fn tls_before(
    carrier: std::net::SocketAddr,
    files: &std::path::Path,
) -> std::net::SocketAddr {
    let chain = CertificateDer::pem_file_iter(files.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(files.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut here) = acceptor.accept(stream).await {
                    let mut there = TcpStream::connect(carrier).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                }
            });
        }
    });
    address
}
