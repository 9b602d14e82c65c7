//! A stream that does not wait for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// Until this much has come, hyper decides between HTTP/1 and HTTP/2 (RFC 9113 3.4) and watches no
/// clock; afterwards its own timers hold.
const PREFACE: usize = 24;

/// Ends a connection whose first bytes are late, or on which nothing has moved either way for long.
///
/// Without it a client that connects and says nothing would hold its place for ever.
pub(crate) struct Patience<S> {
    stream: S,
    /// Bytes still missing of the preface.
    missing: usize,
    moved: Instant,
    idle: Duration,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Patience<S> {
    /// `first` for the first bytes, then `idle` between any two.
    pub(crate) fn new(stream: S, first: Duration, idle: Duration) -> Self {
        let now = Instant::now();
        Self {
            stream,
            missing: PREFACE,
            moved: now,
            idle,
            deadline: Box::pin(sleep_until(now + first)),
        }
    }

    /// Something moved. The timer is set anew only when it fires: this is the hot path.
    fn moved(&mut self) {
        self.moved = Instant::now();
    }

    /// Nothing moves now: is it time to give up?
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        while self.deadline.as_mut().poll(context).is_ready() {
            let until = self.moved + self.idle;
            if self.missing > 0 || until <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.deadline.as_mut().reset(until);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_pending() {
            return self.wait(context);
        }
        self.missing = self
            .missing
            .saturating_sub(buffer.filled().len().saturating_sub(before));
        self.moved();
        polled
    }
}

impl<S: AsyncWrite + Unpin> Patience<S> {
    fn written<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_pending() {
            return self.wait(context);
        }
        self.moved();
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if polled.is_pending() {
            return self.wait(context);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        if polled.is_pending() {
            return self.wait(context);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const FIRST: Duration = Duration::from_secs(10);
    const IDLE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_or_stops_early_is_given_up() {
        for said in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            let (mut client, server) = duplex(64);
            client.write_all(said).await.unwrap();
            let began = Instant::now();
            let mut got = Vec::new();
            let why = Patience::new(server, FIRST, IDLE)
                .read_to_end(&mut got)
                .await
                .unwrap_err();
            assert_eq!(why.kind(), io::ErrorKind::TimedOut);
            assert_eq!(got, said);
            assert!((FIRST..FIRST * 2).contains(&began.elapsed()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_client_stays_while_something_moves_and_goes_when_nothing_does() {
        let (mut client, server) = duplex(64);
        let mut server = Patience::new(server, FIRST, IDLE);
        let began = Instant::now();
        let feeding = tokio::spawn(async move {
            client.write_all(&[0; PREFACE]).await.unwrap();
            for _ in 0..5 {
                tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
                client.write_all(b"x").await.unwrap();
            }
            client
        });
        let mut got = Vec::new();
        let why = server.read_to_end(&mut got).await.unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::TimedOut);
        assert_eq!(got.len(), PREFACE + 5);
        assert!(began.elapsed() >= IDLE * 5);
        drop(feeding.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_its_answer_is_given_up() {
        let (mut client, server) = duplex(64);
        client.write_all(&[0; PREFACE]).await.unwrap();
        let mut server = Patience::new(server, FIRST, IDLE);
        server.read_exact(&mut [0; PREFACE]).await.unwrap();
        let why = server.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::TimedOut);
    }
}
