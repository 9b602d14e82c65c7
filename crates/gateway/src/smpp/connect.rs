//! TCP to a carrier, with or without TLS.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use rustls_pki_types::{CertificateDer, InvalidDnsNameError, ServerName, pem::PemObject as _};
use rustls_platform_verifier::BuilderVerifierExt as _;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{self, ClientConfig, RootCertStore},
};

/// TCP and TLS must be there by then.
const CONNECT_WAIT: Duration = Duration::from_secs(30);

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// TLS to a carrier.
#[derive(Clone)]
pub struct CarrierTls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// Why there is no TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The carrier's host is no name of a certificate.
    #[error("the carrier's host cannot be in a certificate")]
    Name(#[from] InvalidDnsNameError),
    /// Not a PEM file of certificates.
    #[error("{} holds no certificates in PEM form", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// They cannot be used.
    #[error("the certificates cannot be used")]
    Tls(#[from] rustls::Error),
}

impl CarrierTls {
    /// To `host`, whose certificate must be of an authority in `authorities` (PEM), else of one that this machine trusts.
    ///
    /// # Errors
    /// When the file or the name cannot be used.
    pub fn new(host: &str, authorities: Option<PathBuf>) -> Result<Self, TlsError> {
        let name = ServerName::try_from(host.to_owned())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = match authorities {
            None => builder.with_platform_verifier()?.with_no_client_auth(),
            Some(path) => {
                let read = CertificateDer::pem_file_iter(&path)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                    .and_then(|found| match found.is_empty() {
                        true => Err(rustls_pki_types::pem::Error::NoItemsFound),
                        false => Ok(found),
                    });
                let mut roots = RootCertStore::empty();
                for certificate in read.map_err(|source| TlsError::Pem { path, source })? {
                    roots.add(certificate)?;
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
        };
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, name })
    }
}

pub(super) async fn connect(
    address: &str,
    tls: Option<&CarrierTls>,
) -> io::Result<Box<dyn Stream>> {
    let connecting = async {
        let stream = TcpStream::connect(address).await?;
        // Small frames must not wait for more to come.
        stream.set_nodelay(true)?;
        Ok::<Box<dyn Stream>, io::Error>(match tls {
            None => Box::new(stream),
            Some(tls) => Box::new(tls.connector.connect(tls.name.clone(), stream).await?),
        })
    };
    match timeout(CONNECT_WAIT, connecting).await {
        Ok(done) => done,
        Err(_late) => Err(io::ErrorKind::TimedOut.into()),
    }
}
