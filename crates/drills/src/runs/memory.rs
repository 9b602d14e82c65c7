//! Drill 1, the memory of a running relay.
//!
//! Phones leave envelopes over HTTP, each from an address of its own and with headers of its own. Then
//! the process's memory is read, while the last of them are still connected and after they have left,
//! and searched for what they wrote, for their addresses and headers, and for what of a phone lies
//! beside its envelope.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use lapwing_drills::seized::{Habit, MARK, Rule, crowd};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::tell;

const NAME: &str = "relay-seized";
/// Phones that come, each once.
const PHONES: usize = 300;
/// How many of them are still connected when the memory is read first.
const STAY: usize = 20;
/// So long after the last has left, it is read again.
const AFTER: Duration = Duration::from_secs(2);
/// What lies nearer to an envelope than this is taken to be beside it: four pages.
const BESIDE: usize = 16 << 10;
/// Root key of a desk that never comes: a point of the curve (RFC 8032, test 1).
const DESK: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// What one phone leaves behind on its way.
struct Phone {
    address: SocketAddrV4,
    /// In its user agent.
    name: String,
    envelope: Vec<u8>,
}

/// What was found of the phones in a memory.
#[derive(Debug, Default)]
struct Found {
    bytes: usize,
    /// Envelopes that are there at all: who finds none has not looked.
    envelopes: usize,
    /// Phones of which the address with its port is there, as text or as the system writes it.
    addresses: usize,
    /// Phones of which a header's value is there.
    headers: usize,
    /// Phones of which address or header is beside their own envelope.
    linked: usize,
    /// Marks of what was written.
    marks: usize,
}

pub(crate) fn memory(quick: bool) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the memory of a process is read where Linux is");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let phones = if quick { 60 } else { PHONES };
    let relay = relay_program()?;
    let [open, left] = runtime.block_on(watched(&relay, &["relay"], phones, 7))?;
    let own = std::env::current_exe()?;
    let [_, careless] = runtime.block_on(watched(&own, &["careless-relay"], phones, 8))?;
    eprintln!("  connected: {open:?}\n  left: {left:?}\n  careless: {careless:?}");
    // Envelopes lie in the store's cache; a drill that sees none has read something else.
    for found in [&open, &left, &careless] {
        anyhow::ensure!(
            found.envelopes * 2 > phones,
            "the memory was not read: {found:?}"
        );
    }
    let caught = careless.addresses * 2 > phones && careless.linked * 2 > phones;
    let shown = |found: &Found| {
        json!({
            "phones": phones,
            "bytes_searched": found.bytes,
            "envelopes": found.envelopes,
            "addresses": found.addresses,
            "headers": found.headers,
            "linked": found.linked,
        })
    };
    tell(
        NAME,
        "marks of what was written, in the memory of a running relay",
        ((open.marks + left.marks) as f64, 0.0),
        careless.marks > 0,
        &json!({}),
    );
    tell(
        NAME,
        "phones of which the address, or a header beside their envelope, is in the memory of a running \
         relay two seconds after they left",
        (left.addresses.max(left.linked) as f64, 0.0),
        caught,
        &json!({"connected": STAY, "while_connected": shown(&open), "after": shown(&left), "careless": shown(&careless)}),
    );
    Ok(())
}

/// The relay that `cargo xtask drill` has built, or the one beside this program.
fn relay_program() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("LAPWING_BIN") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    let beside = own.with_file_name("lapwing");
    anyhow::ensure!(
        beside.is_file(),
        "{} is not there; `cargo build -p lapwing`, or name it by LAPWING_BIN",
        beside.display()
    );
    Ok(beside)
}

/// A relay while it runs; killed when this is dropped.
struct Running {
    child: Child,
    /// What it says more is not read, but somebody must be there to whom it can be said.
    _says: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Running {
    fn start(program: &Path, first: &[&str], data: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(first)
            .args(["--listen", "127.0.0.1:0", "--desk-root-key", DESK, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let out = child.stdout.take().context("its output is not there")?;
        let mut line = String::new();
        let mut says = BufReader::new(out);
        says.read_line(&mut line)?;
        let address = line.trim().rsplit('/').next().and_then(|a| a.parse().ok());
        let address = address.with_context(|| format!("it said {line:?}"))?;
        Ok(Self {
            child,
            _says: says,
            address,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets phones leave their envelopes, and reads the memory while the last are connected and after.
async fn watched(
    program: &Path,
    first: &[&str],
    phones: usize,
    seed: u64,
) -> anyhow::Result<[Found; 2]> {
    let dir = tempfile::tempdir()?;
    let relay = Running::start(program, first, &dir.path().join("relay"))?;
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut sent = Vec::new();
    let mut stay = Vec::new();
    for one in crowd(seed, 8, Habit::Opening, Rule::Kept)?
        .into_iter()
        .take(phones)
    {
        let random = rng.next_u64();
        let [_, a, b, c, ..] = random.to_be_bytes();
        let ip = Ipv4Addr::new(127, a, b, c.clamp(1, 254));
        let name = format!("phone-{:016x}", rng.next_u64());
        let envelope = one.envelope.as_bytes().to_vec();
        let (stream, address) = post(relay.address, ip, &name, &envelope).await?;
        stay.push(stream);
        if stay.len() > STAY {
            stay.remove(0);
        }
        sent.push(Phone {
            address,
            name,
            envelope,
        });
    }
    anyhow::ensure!(sent.len() == phones, "the crowd sent {} only", sent.len());
    let process = relay.child.id();
    let open = search(&mapped(process)?, &sent);
    drop(stay);
    tokio::time::sleep(AFTER).await;
    let left = search(&mapped(process)?, &sent);
    Ok([open, left])
}

/// One envelope from an address of its own. The connection stays.
async fn post(
    relay: SocketAddr,
    from: Ipv4Addr,
    name: &str,
    envelope: &[u8],
) -> anyhow::Result<(TcpStream, SocketAddrV4)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(from, 0).into())?;
    let mut stream = socket.connect(relay).await?;
    let SocketAddr::V4(address) = stream.local_addr()? else {
        bail!("another kind of address");
    };
    let head = format!(
        "POST /v1/envelopes HTTP/1.1\r\nHost: relay.example\r\nUser-Agent: {name}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        envelope.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(envelope).await?;
    let mut answer = [0; 4_096];
    let mut length = 0;
    // A head, and a receipt of 169 bytes.
    while !whole(&answer[..length]) {
        let more = stream.read(&mut answer[length..]).await?;
        anyhow::ensure!(more > 0, "the relay hung up");
        length += more;
    }
    anyhow::ensure!(
        answer.starts_with(b"HTTP/1.1 201"),
        "an envelope was refused"
    );
    Ok((stream, address))
}

fn whole(answer: &[u8]) -> bool {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    head.is_some_and(|end| answer.len() >= end + 4 + lapwing_wire::ANSWER_LEN)
}

/// What a process has in memory, region by region.
fn mapped(process: u32) -> anyhow::Result<Vec<Vec<u8>>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut memory = fs::File::open(format!("/proc/{process}/mem"))?;
    let mut regions = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else {
            continue;
        };
        let ends = range.split_once('-').and_then(|(from, to)| {
            let number = |text| u64::from_str_radix(text, 16).ok();
            Some((number(from)?, number(to)?))
        });
        let Some((from, to)) = ends.filter(|_| rights.starts_with('r')) else {
            continue;
        };
        let mut bytes = vec![0; usize::try_from(to - from)?];
        memory.seek(SeekFrom::Start(from))?;
        // What the kernel lends (vvar) cannot be read so.
        if memory.read_exact(&mut bytes).is_ok() {
            regions.push(bytes);
        }
    }
    anyhow::ensure!(!regions.is_empty(), "the memory cannot be read");
    Ok(regions)
}

/// What is looked for, by its first four bytes.
struct Wanted {
    /// Whose, and what.
    all: Vec<(usize, What, Vec<u8>)>,
    first: HashSet<[u8; 4]>,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Envelope,
    Address,
    Header,
    Mark,
}

impl Wanted {
    fn of(phones: &[Phone]) -> Self {
        let mut all = vec![(usize::MAX, What::Mark, MARK.to_vec())];
        for (who, phone) in phones.iter().enumerate() {
            let (ip, port) = (phone.address.ip().octets(), phone.address.port());
            // From its middle: the beginning is overwritten first by whoever keeps lists of free memory.
            all.push((who, What::Envelope, phone.envelope[1_000..1_016].to_vec()));
            all.push((who, What::Header, phone.name.clone().into_bytes()));
            all.push((who, What::Address, phone.address.to_string().into_bytes()));
            all.push((
                who,
                What::Address,
                phone.address.ip().to_string().into_bytes(),
            ));
            // As the kernel writes it, and as Rust keeps it.
            all.push((who, What::Address, [&port.to_be_bytes()[..], &ip].concat()));
            all.push((who, What::Address, [&ip[..], &port.to_ne_bytes()].concat()));
        }
        let first = all.iter().map(|(_, _, bytes)| head(bytes)).collect();
        Self { all, first }
    }

    fn at<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, What)> + 'a {
        let all = if bytes.len() >= 4 && self.first.contains(&head(bytes)) {
            &self.all[..]
        } else {
            &[]
        };
        let here = all
            .iter()
            .filter(|(_, _, wanted)| bytes.starts_with(wanted));
        here.map(|&(who, what, _)| (who, what))
    }
}

fn head(bytes: &[u8]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

fn search(regions: &[Vec<u8>], phones: &[Phone]) -> Found {
    let wanted = Wanted::of(phones);
    let mut found = Found::default();
    let [mut envelopes, mut addresses, mut headers, mut linked] =
        [const { Vec::new() }; 4].map(|_: Vec<()>| HashSet::new());
    for region in regions {
        found.bytes += region.len();
        // In the order of memory: place, whose, what.
        let mut here: Vec<(usize, usize, What)> = Vec::new();
        for at in 0..region.len() {
            here.extend(wanted.at(&region[at..]).map(|(who, what)| (at, who, what)));
        }
        for &(at, who, what) in &here {
            match what {
                What::Mark => found.marks += 1,
                What::Envelope => {
                    envelopes.insert(who);
                    // Whose are the traces that lie nearest?
                    let traces = here
                        .iter()
                        .filter(|(_, _, what)| matches!(what, What::Address | What::Header));
                    let nearest = traces.map(|&(to, of, _)| (at.abs_diff(to), of)).min();
                    if nearest.is_some_and(|(apart, of)| apart <= BESIDE && of == who) {
                        linked.insert(who);
                    }
                }
                What::Address => {
                    addresses.insert(who);
                }
                What::Header => {
                    headers.insert(who);
                }
            }
        }
    }
    Found {
        envelopes: envelopes.len(),
        addresses: addresses.len(),
        headers: headers.len(),
        linked: linked.len(),
        ..found
    }
}
