//! The witness core as WebAssembly, the two web apps, and the script for everyday pages.
//!
//! [`MODULES`] → `target/wasm` → `web/witness/src/core…/` → Vite → `web/witness/dist`, `web/desk/dist`,
//! `web/embed/dist`.
//! What has not changed is not made again.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use wasm_bindgen_cli_support::Bindgen;

use crate::sh::{self, bytes, capture, root, say, step};
use crate::stamp::{self, Stamp};
use crate::toolchain::{self, Wasm};

mod size;

/// What Vite builds, by its folder in `web/`.
pub(crate) const APPS: [&str; 3] = ["witness", "desk", EMBED];

/// No app but a script that other people's pages load.
const EMBED: &str = "embed";

/// What is compiled for WebAssembly: a crate, and the name and folder of its module in `web/witness/src`.
struct Module {
    krate: &'static str,
    name: &'static str,
    folder: &'static str,
}

const MODULES: [Module; 6] = [
    Module {
        krate: "lapwing-witness-web",
        name: "lapwing_core",
        folder: "core",
    },
    // By itself, since nothing waits for it: it is loaded after the rest, by workers.
    Module {
        krate: "lapwing-vault-web",
        name: "lapwing_vault",
        folder: "core-vault",
    },
    // The lists of words: needed once, by whoever types an invite.
    Module {
        krate: "lapwing-words-web",
        name: "lapwing_words",
        folder: "core-words",
    },
    // Needed when passes are fetched, where relays want any.
    Module {
        krate: "lapwing-pass-web",
        name: "lapwing_pass",
        folder: "core-pass",
    },
    // Needed by whoever scans an invite, or carries envelopes.
    Module {
        krate: "lapwing-scan-web",
        name: "lapwing_scan",
        folder: "core-scan",
    },
    // Needed by whoever hands envelopes over, or carries them.
    Module {
        krate: "lapwing-courier-web",
        name: "lapwing_courier",
        folder: "core-courier",
    },
];

/// Text that a browser asks for compressed; pictures, fonts and tiles are compressed already.
const COMPRESSED: [&str; 11] = [
    "css",
    "csv",
    "geojson",
    "html",
    "js",
    "json",
    "mjs",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

#[derive(Args)]
pub(crate) struct Options {
    /// Build again even what has not changed
    #[arg(long)]
    force: bool,
    /// Only the WebAssembly core, not the apps
    #[arg(long)]
    core_only: bool,
}

/// The folders that a web server is pointed at.
pub(crate) struct Built {
    pub(crate) witness: PathBuf,
    pub(crate) desk: PathBuf,
    pub(crate) embed: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<Built> {
    let wasm = toolchain::wasm()?;
    let built = build(&wasm, options.force, options.core_only)?;
    if !options.core_only {
        for app in APPS {
            size::print(app, &dist(app), &manifest(app))?;
        }
        let hash = fs::read_to_string(dist(EMBED).join("integrity.txt"))
            .context("the script for everyday pages has no integrity.txt")?;
        print_line(&format!("web/{EMBED}, integrity: {}", hash.trim()))?;
    }
    Ok(built)
}

/// Builds what is out of date.
pub(crate) fn build(wasm: &Wasm, force: bool, core_only: bool) -> Result<Built> {
    for module in &MODULES {
        core(wasm, force, module)?;
    }
    if !core_only {
        toolchain::npm_packages()?;
        for app in APPS {
            vite(app, force)?;
        }
    }
    Ok(Built {
        witness: dist("witness"),
        desk: dist("desk"),
        embed: dist(EMBED),
    })
}

/// A WebAssembly module and its TypeScript face.
fn core(wasm: &Wasm, force: bool, made: &Module) -> Result<()> {
    let Module {
        krate,
        name,
        folder,
    } = made;
    let target = sh::target().join("wasm");
    step(krate, "compiled for WebAssembly", || {
        capture(&mut core_build(wasm, &target, krate))
    })?;
    let module = module(&target, krate);
    let out = root().join("web/witness/src").join(folder);
    let stamp = Stamp::new("wasm-bindgen 0.2.130")
        .path(&module, &[])?
        .finish();
    let kept = sh::target().join(format!("xtask/{folder}.stamp"));
    let there = ["js", "d.ts"]
        .iter()
        .all(|end| out.join(format!("{name}.{end}")).is_file())
        && out.join(format!("{name}_bg.wasm")).is_file();
    if !force && there && stamp::fresh(&kept, &stamp) {
        return Ok(());
    }
    step("wasm-bindgen", &format!("web/witness/src/{folder}"), || {
        bind(&module, &out, name).context("wasm-bindgen could not read the compiled module")
    })?;
    stamp::keep(&kept, &stamp)
}

/// What the benchmark `find` measures in a browser, compiled as the core is; gives its folder.
pub(crate) fn find(wasm: &Wasm) -> Result<PathBuf> {
    const CRATE: &str = "lapwing-bench-web";
    let folder = sh::target().join("wasm");
    step("lapwing-bench-web", "compiled for WebAssembly", || {
        capture(&mut core_build(wasm, &folder, CRATE))
    })?;
    let out = sh::target().join("bench-web");
    bind(&module(&folder, CRATE), &out, "lapwing_find")
        .context("wasm-bindgen could not read what was compiled")?;
    Ok(out)
}

/// Where a crate compiled for WebAssembly is.
fn module(folder: &Path, package: &str) -> PathBuf {
    folder
        .join(toolchain::WASM_TARGET)
        .join("phone")
        .join(format!("{}.wasm", package.replace('-', "_")))
}

fn core_build(wasm: &Wasm, folder: &Path, package: &str) -> Command {
    let mut cargo = wasm.cargo("build");
    cargo
        .args([
            "--package",
            package,
            "--profile",
            "phone",
            "--locked",
            "--target-dir",
        ])
        .arg(folder);
    // Flags that are meant for the host break or bloat the module. Paths of this machine are in panic messages: they
    // are shortened, so that the module says nothing of who built it and is the same for everybody.
    for name in [
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    ] {
        cargo.env_remove(name);
    }
    let mut flags = vec![format!("--remap-path-prefix={}=lapwing", root().display())];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(sources) = home
        .map(|home| home.join("registry/src"))
        .and_then(|sources| fs::read_dir(sources).ok())
    {
        flags.extend(
            sources
                .filter_map(Result::ok)
                .map(|entry| format!("--remap-path-prefix={}=crates", entry.path().display())),
        );
    }
    // A library's library draws randomness where nothing of ours calls it. With a backend that is not there, a call
    // would be an import, which `bind` refuses.
    flags.extend(["--cfg", "getrandom_backend=\"custom\""].map(String::from));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo
}

fn bind(module: &Path, out: &Path, name: &str) -> Result<()> {
    // Made afresh: a file that an older core had must not linger in the app.
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot clear {}", out.display()))?;
    }
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    Bindgen::new()
        .input_path(module)
        .out_name(name)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)?;
    let face = fs::read_to_string(out.join(format!("{name}.js")))?;
    if face.contains("from \"env\"") || face.contains("from 'env'") {
        bail!("{name} asks for what browsers do not have");
    }
    Ok(())
}

/// One app by Vite, if anything that it is made from has changed.
fn vite(app: &str, force: bool) -> Result<()> {
    let folder = root().join("web").join(app);
    if !folder.join("package.json").is_file() {
        bail!("web/{app} has no package.json: there is no such app");
    }
    let stamp = inputs(app, &folder)?;
    let kept = sh::target().join(format!("xtask/{app}.stamp"));
    let index = dist(app).join(entry(app));
    if !force && index.is_file() && stamp::fresh(&kept, &stamp) {
        return Ok(());
    }
    step(
        &format!("vite build {app}"),
        &format!("web/{app}/dist"),
        || {
            let manifest = manifest(app);
            if let Some(folder) = manifest.parent() {
                fs::create_dir_all(folder)?;
            }
            capture(toolchain::npm().args([
                "run",
                "build",
                "-w",
                app,
                "--",
                "--manifest",
                MANIFEST,
            ]))?;
            if !index.is_file() {
                bail!("`npm run build -w {app}` left no {}", index.display());
            }
            // It serves the measuring below only, and would tell nothing to a browser.
            let written = dist(app).join(MANIFEST);
            fs::rename(&written, &manifest).with_context(|| {
                format!(
                    "`npm run build -w {app}` must end in `vite build`, which writes {}",
                    written.display()
                )
            })?;
            compress(&dist(app))
        },
    )?;
    stamp::keep(&kept, &stamp)
}

const MANIFEST: &str = "manifest.vite.json";

fn manifest(app: &str) -> PathBuf {
    sh::target().join(format!("xtask/{app}.manifest.json"))
}

pub(crate) fn dist(app: &str) -> PathBuf {
    root().join("web").join(app).join("dist")
}

/// What a build ends in.
fn entry(app: &str) -> &'static str {
    if app == EMBED {
        "embed.js"
    } else {
        "index.html"
    }
}

/// What an app is made from: its folder, the shared tools, bundled data, and variables that Vite bakes in.
fn inputs(app: &str, folder: &Path) -> Result<String> {
    let web = root().join("web");
    let mut stamp = Stamp::new("vite");
    stamp = stamp.path(
        folder,
        &[&folder.join("dist"), &folder.join("node_modules")],
    )?;
    for other in fs::read_dir(&web).with_context(|| format!("cannot list {}", web.display()))? {
        let other = other?.path();
        let name = other
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_app = APPS.contains(&name.as_str());
        if !is_app && !["node_modules", "dist"].contains(&name.as_str()) {
            stamp = stamp.text(&name).path(&other, &[])?;
        }
    }
    if app == EMBED {
        // The core, and what sends envelopes.
        stamp = stamp.path(&web.join("witness/src"), &[])?;
    }
    stamp = stamp.path(&root().join("data"), &[])?;
    let mut baked: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("VITE_"))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    baked.sort();
    Ok(stamp.text(app).text(&baked.join("\n")).finish())
}

/// Writes `NAME.br` beside every file that gains by it, so that a server need not compress at each request.
fn compress(dist: &Path) -> Result<()> {
    let mut files = Vec::new();
    stamp::collect(dist, &[], &mut files)?;
    for file in files {
        let end = file
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !COMPRESSED.contains(&end.as_str()) {
            continue;
        }
        let raw = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let packed = brotli(&raw)?;
        if packed.len() < raw.len() {
            let name = file.with_extension(format!("{end}.br"));
            fs::write(&name, packed).with_context(|| format!("cannot write {}", name.display()))?;
        }
    }
    Ok(())
}

/// Brotli at its best, as a server with time sends it.
fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    brotli::CompressorReader::new(raw, 1 << 16, 11, 22).read_to_end(&mut packed)?;
    Ok(packed)
}

/// A line for standard output: sizes are a result, not progress.
fn print_line(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}

/// The apps are there, for verbs that must not build.
pub(crate) fn say_folders(built: &Built) {
    say("witness app", &built.witness.display().to_string());
    say("desk app", &built.desk.display().to_string());
}

/// The size of one file, raw and by Brotli.
fn sizes(file: &Path) -> Result<(u64, u64)> {
    let raw = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let packed = brotli(&raw)?.len().min(raw.len());
    Ok((raw.len() as u64, packed as u64))
}

fn row(name: &str, raw: u64, packed: u64) -> String {
    format!("  {name:<44} {:>10} {:>10}", bytes(raw), bytes(packed))
}
