//! A way to compile Rust to `wasm32-unknown-unknown`.
//!
//! In this order: a compiler on `PATH` that has the target's standard library; `rustup target add`; a compiler with
//! the library's source and a WebAssembly linker, which builds the library itself; Debian's packages for the latter.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{apt, holds, version};
use crate::sh::{capture, command, executable, root, say, step, which};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler that this workspace builds with (`rust-version` in `Cargo.toml`).
const RUST_MIN: (u32, u32) = (1, 90);

/// A compiler that can, and how.
#[derive(Debug)]
pub(crate) struct Wasm {
    folder: PathBuf,
    version: String,
    /// The linker, where the compiler brings none of its own.
    linker: Option<PathBuf>,
    /// The standard library comes as source and is built along.
    build_std: bool,
}

impl Wasm {
    /// `cargo VERB --target wasm32-unknown-unknown`, by this route.
    pub(crate) fn cargo(&self, verb: &str) -> Command {
        let mut cargo = command(self.folder.join("cargo"));
        cargo
            .env("RUSTC", self.folder.join("rustc"))
            .env_remove("CARGO_BUILD_TARGET");
        if let Some(linker) = &self.linker {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        cargo.args([verb, "--target", TARGET]);
        if self.build_std {
            cargo
                .env("RUSTC_BOOTSTRAP", "1")
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

impl fmt::Display for Wasm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.build_std {
            "standard library built along"
        } else {
            "target installed"
        };
        write!(f, "{}, {how}", self.version)?;
        match &self.linker {
            Some(linker) => write!(f, ", linker {}", linker.display()),
            None => Ok(()),
        }
    }
}

/// The route that works here, after installing one if there is none.
pub(crate) fn wasm() -> Result<Wasm> {
    if let Some(route) = detect_target() {
        return Ok(route);
    }
    if which("rustup").is_some() {
        let added = step(
            "rustup target add",
            &format!("{TARGET}, for the witness app"),
            || capture(command("rustup").args(["target", "add", TARGET])),
        );
        match added {
            Ok(_) => {
                if let Some(route) = detect_target() {
                    return Ok(route);
                }
            }
            Err(error) => say(
                "rustup target add",
                &format!("trying other ways: {}", error.root_cause()),
            ),
        }
    }
    if let Some(route) = detect_source() {
        return Ok(route);
    }
    let mut tried = Vec::new();
    for packages in [
        ["rustc-web", "cargo-web", "rust-web-src"],
        ["rustc", "cargo", "rust-src"],
    ] {
        let Some(offered) = apt::candidate(packages[0]) else {
            continue;
        };
        if version(&offered).is_none_or(|offered| offered < RUST_MIN) {
            tried.push(format!("{} is only {offered}", packages[0]));
            continue;
        }
        let linker = linker_package(packages[0]);
        let mut all = packages.to_vec();
        all.extend([linker.as_str(), "gcc", "libc6-dev", "ca-certificates"]);
        match apt::install(&all, "to compile for WebAssembly") {
            Ok(()) => {
                if let Some(route) = detect_target().or_else(detect_source) {
                    return Ok(route);
                }
                tried.push(format!("{} did not bring what is needed", packages[0]));
            }
            Err(error) => tried.push(format!("{error:#}")),
        }
    }
    let (major, minor) = RUST_MIN;
    bail!(
        "no way to compile for {TARGET} (Rust {major}.{minor} or newer). Run one of:\n  \
         rustup target add {TARGET}\n  \
         sudo apt-get install -y rustc-web cargo-web rust-web-src lld\n{}",
        tried
            .iter()
            .map(|line| format!("tried: {line}\n"))
            .collect::<String>()
    );
}

/// A compiler with the target's library.
fn detect_target() -> Option<Wasm> {
    compilers().into_iter().find_map(
        |Compiler {
             folder,
             sysroot,
             host,
             version,
         }| {
            let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
            if !holds(&library, "libstd-", ".rlib") {
                return None;
            }
            // A distribution's compiler may come without a linker of its own.
            let linker = if own_linker(&sysroot, &host) {
                None
            } else {
                wasm_ld()
            };
            Some(Wasm {
                folder,
                version,
                linker,
                build_std: false,
            })
        },
    )
}

/// A compiler with the library's source, and a linker.
fn detect_source() -> Option<Wasm> {
    compilers().into_iter().find_map(
        |Compiler {
             folder,
             sysroot,
             host,
             version,
         }| {
            if !sysroot
                .join("lib/rustlib/src/rust/library/std/Cargo.toml")
                .is_file()
            {
                return None;
            }
            let linker = if own_linker(&sysroot, &host) {
                None
            } else {
                Some(wasm_ld()?)
            };
            Some(Wasm {
                folder,
                version,
                linker,
                build_std: true,
            })
        },
    )
}

struct Compiler {
    folder: PathBuf,
    sysroot: PathBuf,
    host: String,
    version: String,
}

/// Every pair of cargo and rustc that is recent enough; the folder of the running cargo first, then those on `PATH`.
fn compilers() -> Vec<Compiler> {
    let running = std::env::var_os("CARGO")
        .map(PathBuf::from)
        .and_then(|cargo| cargo.parent().map(Path::to_owned));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in running.into_iter().chain(std::env::split_paths(&path)) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let suffix = std::env::consts::EXE_SUFFIX;
    let both = |folder: &PathBuf| {
        ["cargo", "rustc"]
            .iter()
            .all(|tool| executable(&folder.join(format!("{tool}{suffix}"))))
    };
    folders
        .into_iter()
        .filter(both)
        .filter_map(compiler)
        .collect()
}

fn compiler(folder: PathBuf) -> Option<Compiler> {
    let rustc = || {
        let mut rustc = command(folder.join("rustc"));
        rustc.current_dir(root());
        rustc
    };
    let about = capture(rustc().arg("-vV")).ok()?;
    let field = |name: &str| {
        about
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::to_owned)
    };
    if version(&field("release: ")?)? < RUST_MIN {
        return None;
    }
    let sysroot = PathBuf::from(capture(rustc().args(["--print", "sysroot"])).ok()?.trim());
    Some(Compiler {
        sysroot,
        host: field("host: ")?,
        version: about.lines().next()?.to_owned(),
        folder,
    })
}

fn own_linker(sysroot: &Path, host: &str) -> bool {
    executable(
        &sysroot
            .join("lib/rustlib")
            .join(host)
            .join("bin")
            .join("rust-lld"),
    )
}

/// The newest WebAssembly linker on `PATH`: one that is older than the compiler's LLVM may not read its objects.
fn wasm_ld() -> Option<PathBuf> {
    (14..=40)
        .rev()
        .find_map(|major| which(&format!("wasm-ld-{major}")))
        .or_else(|| which("wasm-ld"))
}

/// The package of the linker that belongs to the LLVM of this compiler package.
fn linker_package(compiler: &str) -> String {
    llvm(compiler, 3)
        .map(|major| format!("lld-{major}"))
        .filter(|package| apt::candidate(package).is_some())
        .unwrap_or_else(|| "lld".to_owned())
}

/// The LLVM that a package is linked with, by way of the standard library's packages.
fn llvm(package: &str, depth: u32) -> Option<u32> {
    let depends = apt::depends(package);
    let direct = depends
        .iter()
        .find_map(|name| name.strip_prefix("libllvm")?.parse().ok());
    direct.or_else(|| {
        let library = depends
            .iter()
            .find(|name| name.starts_with("libstd-rust"))?;
        llvm(library, depth.checked_sub(1)?)
    })
}
