//! The control of the memory's drill: a relay around which somebody put a log in memory.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::header::USER_AGENT,
    middleware::{Next, from_fn},
};
use lapwing_drills::seized::MARK;
use lapwing_relay::Relay;
use lapwing_wire::{ENVELOPE_LEN, VerifyingKey};

/// Who left which envelope, and (as if it could open them) what it says.
type Log = Arc<Mutex<Vec<Vec<u8>>>>;

#[derive(clap::Args)]
pub(crate) struct Careless {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    desk_root_key: String,
}

pub(crate) fn careless(options: &Careless) -> anyhow::Result<()> {
    let mut key = [0; 32];
    hex::decode_to_slice(&options.desk_root_key, &mut key)?;
    let desk = VerifyingKey::from_bytes(&key)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let relay = Relay::open(&options.data, desk, Arc::new(|| 1_790_000_000)).await?;
        let log = Log::default();
        let router = relay
            .router()
            .layer(from_fn(move |request: Request, next: Next| {
                let log = Arc::clone(&log);
                async move { next.run(noted(&log, request).await).await }
            }));
        let listener = tokio::net::TcpListener::bind(options.listen).await?;
        println!("relay    http://{}", listener.local_addr()?);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await?;
        Ok(())
    })
}

async fn noted(log: &Log, request: Request) -> Request {
    let (head, body) = request.into_parts();
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    let mut line = peer.map_or_else(String::new, |peer| peer.0.to_string());
    if let Some(agent) = head.headers.get(USER_AGENT).and_then(|v| v.to_str().ok()) {
        line += agent;
    }
    let bytes = axum::body::to_bytes(body, ENVELOPE_LEN)
        .await
        .unwrap_or_default();
    let kept = [line.as_bytes(), MARK, &bytes].concat();
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(kept);
    Request::from_parts(head, Body::from(bytes))
}
