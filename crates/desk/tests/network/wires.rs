//! The wires: between the desk and its relays one that fails as it is told to, and what somebody who taps all of them
//! has recorded.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Method, Request, Response},
};
use futures_util::future::BoxFuture;
use lapwing_desk::{Line, LineError};
use lapwing_wire::{Bulletin, Publication, VerifyingKey};
use tokio::sync::RwLock;

use crate::relay::RelayHost;

/// What happens to the next exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It does not arrive.
    Lost,
    /// It arrives and the answer does not.
    AnswerLost,
    /// It arrives twice, and the second answer comes back.
    Twice,
    /// The answer is that to an earlier question to the same relay.
    OldAnswer(u16),
    /// The answer is nothing that anybody would say.
    Garbage,
}

/// What everybody may read, as it was at some moment.
pub(crate) struct Shown {
    pub(crate) bulletin: Vec<u8>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) whole: Bytes,
}

/// Everything that went over the wires.
#[derive(Default)]
pub(crate) struct Tapped {
    pub(crate) envelopes: Vec<Vec<u8>>,
    pub(crate) publications: Vec<Shown>,
    /// Answers to pulls, with the relay that gave them.
    pulls: Vec<(usize, Bytes)>,
}

/// All relays, and the wires to them.
pub(crate) struct Wires {
    pub(crate) relays: RwLock<Vec<RelayHost>>,
    pub(crate) tapped: Mutex<Tapped>,
    desk: VerifyingKey,
    fault: Mutex<Fault>,
}

impl Wires {
    pub(crate) fn new(relays: Vec<RelayHost>, desk: VerifyingKey) -> Self {
        Self {
            relays: RwLock::new(relays),
            tapped: Mutex::default(),
            desk,
            fault: Mutex::new(Fault::None),
        }
    }

    /// Says what happens to the desk's next exchange.
    pub(crate) fn next(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn tap(&self, relay: usize, method: &Method, sent: &Bytes, answer: &Bytes) {
        let mut tapped = self.tapped.lock().unwrap();
        if *method == Method::GET {
            tapped.pulls.push((relay, answer.clone()));
            return;
        }
        let publication = Publication::decode(sent).unwrap();
        let bulletin = Bulletin::verify(&publication.bulletin, &self.desk).unwrap();
        let names = bulletin.files.into_iter().map(|file| file.name);
        tapped.publications.push(Shown {
            files: names.zip(publication.files).collect(),
            bulletin: publication.bulletin,
            whole: sent.clone(),
        });
    }

    async fn carry(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LineError> {
        let fault = std::mem::replace(&mut *self.fault.lock().unwrap(), Fault::None);
        let lost = || LineError::Silent("lost on the way".into());
        if fault == Fault::Lost {
            return Err(lost());
        }
        let host = request.uri().host().unwrap();
        let number: usize = host.trim_start_matches("relay-").parse().unwrap();
        let relays = self.relays.read().await;
        let relay = &relays[number];
        let (method, sent) = (request.method().clone(), request.body().clone());
        if fault == Fault::Twice {
            relay.answers(request.clone()).await;
        }
        let (status, body) = relay.answers(request).await;
        self.tap(number, &method, &sent, &body);
        let body = match fault {
            Fault::AnswerLost => return Err(lost()),
            Fault::Garbage => Bytes::from_static(b"<html>Log in to the hotel's network</html>"),
            Fault::OldAnswer(which) => {
                let tapped = self.tapped.lock().unwrap();
                let old = tapped.pulls.iter().filter(|(relay, _)| *relay == number);
                let old: Vec<&Bytes> = old.map(|(_, answer)| answer).collect();
                let one = old.get(usize::from(which) % old.len().max(1));
                one.map_or_else(Bytes::new, |answer| (*answer).clone())
            }
            Fault::None | Fault::Lost | Fault::Twice => body,
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        Ok(answer)
    }
}

/// The desk's end.
pub(crate) struct DeskLine(pub(crate) Arc<Wires>);

impl Line for DeskLine {
    fn exchange(
        &self,
        request: Request<Bytes>,
        most: usize,
    ) -> BoxFuture<'_, Result<Response<Bytes>, LineError>> {
        Box::pin(async move {
            let answer = self.0.carry(request).await?;
            if answer.body().len() > most {
                return Err(LineError::TooMuch);
            }
            Ok(answer)
        })
    }
}
