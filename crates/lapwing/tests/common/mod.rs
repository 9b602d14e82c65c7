//! Real processes of the program, stopped when a test ends, and a wire between them that breaks on demand.

mod gate;

pub(crate) use gate::Gate;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lapwing");
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the program to its end.
pub(crate) fn lapwing(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Waits until something is true.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A server's process and the first word after each label that it printed.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, as a power cut would.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server and reads from what it prints the word after `label`.
pub(crate) fn start(arguments: &[&str], label: &str) -> (Process, String) {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let word = loop {
        let line = lines
            .next()
            .expect("the server says where it listens")
            .unwrap();
        if let Some(rest) = line.strip_prefix(label) {
            break rest.trim().to_owned();
        }
    };
    // Goes on reading, so that the server never waits for somebody to.
    thread::spawn(move || lines.for_each(drop));
    (Process(child), word)
}

/// A relay in its own process.
pub(crate) struct Relay {
    pub(crate) url: String,
    folder: PathBuf,
    root_key: String,
    extra: &'static [&'static str],
    process: Option<Process>,
}

impl Relay {
    pub(crate) fn start(folder: &Path, root_key: &str) -> Self {
        Self::start_with(folder, root_key, &[])
    }

    pub(crate) fn start_with(
        folder: &Path,
        root_key: &str,
        extra: &'static [&'static str],
    ) -> Self {
        let mut relay = Self {
            extra,
            url: "http://127.0.0.1:0".into(),
            folder: folder.join("relay"),
            root_key: root_key.to_owned(),
            process: None,
        };
        relay.up();
        relay
    }

    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.up();
    }

    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// At the address where it was before.
    pub(crate) fn up(&mut self) {
        let listen = self.url.strip_prefix("http://").unwrap();
        let data = self.folder.to_str().unwrap();
        let arguments = [
            "relay",
            "--data",
            data,
            "--listen",
            listen,
            "--desk-root-key",
            &self.root_key,
        ];
        let (process, url) = start(&[&arguments, self.extra].concat(), "relay ");
        self.url = url;
        self.process = Some(process);
    }
}

/// An issuer in its own process.
pub(crate) struct Issuer {
    pub(crate) url: String,
    _process: Process,
}

impl Issuer {
    pub(crate) fn start(folder: &Path, codes: &str) -> Self {
        let file = folder.join("codes");
        std::fs::write(&file, codes).unwrap();
        let data = folder.join("issuer");
        let arguments = [
            "issuer",
            "--data",
            data.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
            "--codes",
            file.to_str().unwrap(),
        ];
        let (process, url) = start(&arguments, "issuer ");
        Self {
            url,
            _process: process,
        }
    }
}

/// A desk in its own process.
pub(crate) struct Desk {
    pub(crate) root_key: String,
    folder: PathBuf,
    clock: &'static str,
    address: String,
    cookie: String,
    process: Option<Process>,
}

impl Desk {
    pub(crate) fn new(folder: &Path, clock: &'static str) -> Self {
        let folder = folder.join("desk");
        let made = lapwing(&[
            "desk",
            "key",
            "--data",
            folder.to_str().unwrap(),
            "--clock",
            clock,
        ]);
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        Self {
            root_key: String::from_utf8(made.stdout).unwrap().trim().to_owned(),
            folder,
            clock,
            address: String::new(),
            cookie: String::new(),
            process: None,
        }
    }

    pub(crate) fn start(&mut self, relay: &str) {
        self.start_with(relay, &[]);
    }

    pub(crate) fn start_with(&mut self, relay: &str, extra: &[&str]) {
        let data = self.folder.to_str().unwrap().to_owned();
        let arguments = [
            "desk",
            "--data",
            &data,
            "--relay",
            relay,
            "--clock",
            self.clock,
            "--listen",
            "127.0.0.1:0",
        ];
        let (process, sign_in) = start(&[&arguments, extra].concat(), "desk ");
        self.process = Some(process);
        let rest = sign_in.strip_prefix("http://").unwrap();
        let (address, path) = rest.split_once('/').unwrap();
        self.address = address.to_owned();
        let (head, _) = request(address, &format!("/{path}"), "");
        let cookie = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"))
            .expect("signing in sets a cookie");
        let value = cookie.split_once(':').unwrap().1.split(';').next().unwrap();
        self.cookie = format!("Cookie:{value}\r\n");
    }

    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// As the coordinator of a cell that is open, with its session; empty before there is one.
    pub(crate) fn post(&self, path: &str, session: &str, body: &Value) -> Value {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{}Lapwing-Cell: {session}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.cookie,
            body.len(),
        );
        serde_json::from_str(&exchange(&self.address, &head).1).unwrap_or_default()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        serde_json::from_str(&request(&self.address, path, &self.cookie).1).unwrap_or_default()
    }

    pub(crate) fn rebuild(&self) -> Value {
        let out = lapwing(&["desk", "rebuild", "--data", self.folder.to_str().unwrap()]);
        serde_json::from_slice(&out.stdout).unwrap_or_else(|_| {
            panic!("{}", String::from_utf8_lossy(&out.stderr));
        })
    }
}

pub(crate) fn overview(desk: &Desk) -> Value {
    desk.get("/api/overview")
}

/// Body of a public page; empty when it does not answer.
pub(crate) fn get(url: &str) -> String {
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    request(address, &format!("/{path}"), "").1
}

/// Status of a public page.
pub(crate) fn status(url: &str) -> Option<u16> {
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    request(address, &format!("/{path}"), "")
        .0
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

/// One request by hand: the tests need no client beyond this.
fn request(address: &str, path: &str, headers: &str) -> (String, String) {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n");
    exchange(address, &head)
}

fn exchange(address: &str, request: &str) -> (String, String) {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = ask().unwrap_or_default();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}
