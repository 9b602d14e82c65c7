//! `lapwing web`: the witness app as static files, from somebody whom its users trust. Never a
//! relay: who serves the app decides what code runs on a phone.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    routing::get,
};
use lapwing_http::Problem;
use lapwing_witness::schedule::TICK_MEAN_MS;
use serde_json::json;
use tower::ServiceBuilder;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::{desk::RegionArgs, relay::Tls, relay_client::root_key, shutdown};

/// Serves the witness app
#[derive(clap::Args)]
pub(crate) struct Web {
    /// Folder of the built app (web/witness/dist)
    #[arg(long, value_name = "DIR")]
    web: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8100")]
    listen: SocketAddr,
    /// A relay that the app sends to, as phones reach it; may be given several times
    #[arg(long = "relay", value_name = "URL", required = true)]
    relays: Vec<String>,
    /// Root key of the desk whose app this is (64 hex digits; `lapwing desk key`)
    #[arg(long, value_name = "HEX", env = "LAPWING_DESK_ROOT_KEY")]
    desk_root_key: String,
    /// The issuer of passes, as phones reach it, where relays want some
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// A site whose page may show the app in a frame (<https://portal.example>); may be given several
    /// times. Without it nobody may
    #[arg(long, value_name = "ORIGIN")]
    framed_by: Vec<String>,
    #[command(flatten)]
    rhythm: RhythmArgs,
    #[command(flatten)]
    region: RegionArgs,
    #[command(flatten)]
    tls: Tls,
}

/// How often apps send and fetch, with anything to say or with nothing.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct RhythmArgs {
    /// Mean seconds between two contacts while an app is open: the same for all of a deployment,
    /// pages with the script included. A report waits about so long; a contact costs some 65 kB
    #[arg(
        long = "tick-s",
        value_name = "SECONDS",
        default_value_t = TICK_MEAN_MS / 1_000,
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    tick_s: u32,
}

impl Web {
    /// Serves until told to stop.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        root_key(&self.desk_root_key)?;
        let router = router(
            &self.web,
            &Deployment {
                root_key: &self.desk_root_key,
                relays: &self.relays,
                issuer: self.issuer.as_deref(),
                region: self.region.degrees(),
                rhythm: self.rhythm,
                framed_by: &self.framed_by,
            },
        )?;
        let bound = lapwing_http::bind(self.listen).await?;
        let tls = self.tls.files();
        let scheme = if tls.is_some() { "https" } else { "http" };
        println!("witness  {scheme}://{}/", bound.address);
        lapwing_http::serve(bound, router, tls.as_ref(), shutdown::asked()).await?;
        Ok(())
    }
}

/// Whose app it is, and with whom it may speak.
pub(crate) struct Deployment<'a> {
    pub(crate) root_key: &'a str,
    pub(crate) relays: &'a [String],
    pub(crate) issuer: Option<&'a str>,
    /// West, south, east, north.
    pub(crate) region: [f64; 4],
    pub(crate) rhythm: RhythmArgs,
    pub(crate) framed_by: &'a [String],
}

/// The app's files, and `config.json` which tells it its desk and relays.
pub(crate) fn router(
    folder: &std::path::Path,
    deployment: &Deployment<'_>,
) -> anyhow::Result<Router> {
    let &Deployment {
        root_key,
        relays,
        issuer,
        region,
        rhythm,
        framed_by,
    } = deployment;
    if !folder.join("index.html").is_file() {
        bail!(
            "{} holds no built app; `cargo xtask web` builds it",
            folder.display()
        );
    }
    let config = json!({
        "root_key": root_key,
        "relays": relays,
        "region": region,
        "tick_s": rhythm.tick_s,
    })
    .to_string();
    // The app may run its own code, its WebAssembly, and talk to its relays and the issuer: nothing else.
    let framed_by = if framed_by.is_empty() {
        "'none'".to_owned()
    } else {
        framed_by.join(" ")
    };
    // A source without a stroke at its end names one resource, with it everything below.
    let sources: Vec<String> = relays
        .iter()
        .map(String::as_str)
        .chain(issuer)
        .map(|at| format!("{}/", at.trim_end_matches('/')))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self' {}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}",
        sources.join(" ")
    );
    let policy = HeaderValue::from_str(&policy)
        .context("an address of a relay, of the issuer or of a site is malformed")?;
    let set = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, value);
    let fixed = HeaderValue::from_static;
    let layers = ServiceBuilder::new()
        .layer(set(header::CONTENT_SECURITY_POLICY, policy))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")))
        .layer(set(header::REFERRER_POLICY, fixed("no-referrer")))
        .layer(set(header::CACHE_CONTROL, fixed("no-cache")))
        .layer(set(
            HeaderName::from_static("permissions-policy"),
            fixed("geolocation=(self), camera=(self), microphone=(), interest-cohort=()"),
        ))
        .layer(set(
            HeaderName::from_static("cross-origin-opener-policy"),
            fixed("same-origin"),
        ));
    let files = ServeDir::new(folder).precompressed_br();
    Ok(Router::new()
        .route(
            "/config.json",
            get(|| async move { ([(header::CONTENT_TYPE, "application/json")], config) }),
        )
        .fallback_service(files.fallback(tower::service_fn(|_request| async {
            Ok::<_, std::convert::Infallible>(axum::response::IntoResponse::into_response(
                Problem::not_found(),
            ))
        })))
        .layer(layers))
}
