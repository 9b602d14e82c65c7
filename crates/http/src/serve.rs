//! Listening.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tokio_rustls::{TlsAcceptor, rustls};
use tower::ServiceExt as _;

use crate::patience::Patience;

/// A client that has not sent its header by then is dropped.
const HEADER_WAIT: Duration = Duration::from_secs(10);
/// A client that has not finished the TLS handshake by then is dropped.
const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);
/// A connection on which nothing has moved for this long is dropped. Longer than the longest answer
/// that is held back on purpose: a desk's waiting pull (30 s), the sign of life in its events (15 s).
const IDLE_WAIT: Duration = Duration::from_secs(60);
/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 4_096;
/// What is under way when the server is told to stop may take this long.
const DRAIN: Duration = Duration::from_secs(5);

/// Certificate chain and key, both PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A socket that listens, and where.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    /// Its address; the port is the one given by the system when 0 was asked for.
    pub address: SocketAddr,
}

/// Why a server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Taken, or not allowed.
    #[error("cannot listen on {address}; choose another port, or stop what listens there")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Not a PEM file of that kind.
    #[error("{} holds no {what} in PEM form", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why not.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// The two do not belong together.
    #[error("certificate and key cannot be used together")]
    Tls(#[source] rustls::Error),
}

/// Begins to listen.
///
/// # Errors
/// `Bind` when the address cannot be had.
pub async fn bind(address: SocketAddr) -> Result<Bound, ServeError> {
    let wrong = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    Ok(Bound { listener, address })
}

/// Serves until `shutdown` ends, then lets what is under way finish for a few seconds.
///
/// # Errors
/// When the TLS files cannot be used; nothing that a client does is an error.
pub async fn serve(
    bound: Bound,
    router: Router,
    tls: Option<&TlsFiles>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let tls = tls.map(acceptor).transpose()?;
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            // The address of the peer ends here.
            let accepted = bound.listener.accept().await;
            (permit, accepted.map(|(stream, _peer)| stream))
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let Ok(stream) = accepted else {
            // Out of file handles, or the peer is gone already: the next may be better.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _permit = permit;
            match tls {
                None => connection(stream, router, watcher).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(HANDSHAKE_WAIT, tls.accept(stream)).await
                    {
                        connection(stream, router, watcher).await;
                    }
                }
            }
        });
    }
    drop(bound.listener);
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    Ok(())
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let service = router.map_request(|request: hyper::Request<Incoming>| request.map(Body::new));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WAIT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(128)
        .max_header_list_size(16 << 10);
    let stream = Patience::new(stream, HEADER_WAIT, IDLE_WAIT);
    let connection = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned();
    // A broken connection is the client's affair; nobody here could act on it.
    let _ = watcher.watch(connection).await;
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let pem = |path: &Path, what| {
        let path = path.to_owned();
        move |source| ServeError::Pem { path, what, source }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| {
            if chain.is_empty() {
                Err(rustls_pki_types::pem::Error::NoItemsFound)
            } else {
                Ok(chain)
            }
        })
        .map_err(pem(&files.certificate, "certificate"))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(pem(&files.key, "private key"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ServeError::Tls)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(ServeError::Tls)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        sync::oneshot,
    };

    async fn loopback() -> Bound {
        bind(([127, 0, 0, 1], 0).into()).await.unwrap()
    }

    #[tokio::test]
    async fn it_answers_and_stops_when_told() {
        let bound = loopback().await;
        let address = bound.address;
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = tokio::spawn(serve(bound, router, None, async {
            let _ = stopped.await;
        }));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("here"), "{answer}");
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = loopback().await;
        let why = bind(first.address).await.unwrap_err();
        assert!(
            why.to_string().contains(&first.address.to_string()),
            "{why}"
        );
    }

    #[tokio::test]
    async fn a_file_that_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("cert.pem");
        std::fs::write(&certificate, "not PEM").unwrap();
        let files = TlsFiles {
            certificate,
            key: folder.path().join("key.pem"),
        };
        let refused = serve(loopback().await, Router::new(), Some(&files), async {}).await;
        let why = refused.unwrap_err().to_string();
        assert!(
            why.contains("cert.pem") && why.contains("certificate"),
            "{why}"
        );
    }

    /// Speaks TLS to the server as one that trusts the certificate in `tests/tls`.
    async fn trusting(address: SocketAddr, alpn: &[u8]) -> impl AsyncRead + AsyncWrite + Unpin {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(test_tls().certificate).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let stream = TcpStream::connect(address).await.unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect("localhost".try_into().unwrap(), stream)
            .await
            .unwrap()
    }

    fn test_tls() -> TlsFiles {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
        TlsFiles {
            certificate: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        }
    }

    #[tokio::test]
    async fn it_speaks_tls_with_the_files_it_is_given() {
        let bound = loopback().await;
        let address = bound.address;
        let router = Router::new().route("/", get(|| async { "here" }));
        let files = test_tls();
        tokio::spawn(
            async move { serve(bound, router, Some(&files), std::future::pending()).await },
        );
        let mut stream = trusting(address, b"http/1.1").await;
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.ends_with(b"here"));

        let mut stream = trusting(address, b"h2").await;
        // The client's preface and an empty SETTINGS frame; the server's first is SETTINGS too.
        let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        stream.write_all(hello).await.unwrap();
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await.unwrap();
        assert_eq!(frame[3], 4);
    }

    #[tokio::test]
    async fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        // An Ed25519 key (RFC 8410), while the certificate is for one on P-256.
        let other = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        std::fs::write(&key, other).unwrap();
        let files = TlsFiles { key, ..test_tls() };
        let refused = serve(loopback().await, Router::new(), Some(&files), async {}).await;
        assert!(matches!(refused, Err(ServeError::Tls(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_handler_cannot_learn_who_asks() {
        type Peer = axum::extract::ConnectInfo<SocketAddr>;
        let bound = loopback().await;
        let address = bound.address;
        let seen = |request: axum::extract::Request| async move {
            let peer = request.extensions().get::<Peer>().is_some()
                || request.extensions().get::<SocketAddr>().is_some();
            if peer { "known" } else { "unknown" }
        };
        let router = Router::new().route("/", get(seen));
        tokio::spawn(serve(bound, router, None, std::future::pending()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("unknown"), "{answer}");
    }
}
