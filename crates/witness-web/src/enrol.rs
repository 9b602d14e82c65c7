//! A phone that the desk knows: enrolment, messages, replies.

use lapwing_model::{Place, Sector};
use lapwing_seal::{BucketSecret, Content, INVITE_LEN, Invite, InviteRefused, Reply};
use lapwing_witness::{Message, Standing};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use crate::{Phone, Thrown, refused, thrown};

#[wasm_bindgen]
impl Phone {
    /// The bucket secret of the install (32 bytes), and what was kept of an enrolment, if there was one.
    ///
    /// # Errors
    /// `bucket`, `kept`.
    pub fn recall(&mut self, bucket: &[u8], kept: Option<Vec<u8>>) -> Thrown<()> {
        let bucket = bucket.try_into().map_err(|_why| thrown("bucket"))?;
        let bucket = BucketSecret::from_bytes(bucket);
        self.core.recall(bucket, kept.as_deref()).map_err(refused)
    }

    /// What is to be kept of the enrolment before anything that was sealed leaves; `undefined`: there is none.
    pub fn kept(&self) -> Option<Vec<u8>> {
        self.core.kept().map(|kept| kept.to_vec())
    }

    /// `asked`, `known`, or `undefined` when it has not asked.
    pub fn standing(&self) -> Option<String> {
        self.core.standing().map(|standing| match standing {
            Standing::Asked => "asked".to_owned(),
            Standing::Known => "known".to_owned(),
        })
    }

    /// Asks the desk to know this phone. `code`: the 22 hex digits of an invite; latitude and longitude: near where most
    /// will be seen, for whispers.
    ///
    /// # Errors
    /// `place`, `invite-digits`, `invite-check`, `no-bucket`, `no-drops`, `no-bulletin`, `no-key`.
    pub fn enrol(&mut self, code: &str, lat: f64, lon: f64, now: f64) -> Thrown<Vec<u8>> {
        let mut bytes = [0; INVITE_LEN];
        hex::decode_to_slice(code, &mut bytes).map_err(|_why| thrown("invite-digits"))?;
        let invite = Invite::from_checked(&bytes).ok_or_else(|| thrown("invite-check"))?;
        let sealed = self
            .core
            .enrol(&mut self.rng, invite, around(lat, lon)?, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// Seals a message to the coordinator.
    ///
    /// # Errors
    /// `not-known`, `message`, `no-bulletin`, `no-key`.
    pub fn message(&mut self, text: &str, now: f64) -> Thrown<Vec<u8>> {
        let sealed = self.core.message(&mut self.rng, text, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// Seals a check-in: which replies the phone has. `well` only where its owner says so.
    ///
    /// # Errors
    /// `not-known`, `no-bulletin`, `no-key`.
    pub fn check_in(&mut self, acks: Vec<u32>, well: Option<bool>, now: f64) -> Thrown<Vec<u8>> {
        let sealed = self.core.check_in(&mut self.rng, acks, well, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// Asks the desk to begin all chains anew. What was sealed before should have been sent. Latitude and longitude: of a
    /// witness who moved away.
    ///
    /// # Errors
    /// `place`, `not-known`, `no-bucket`, `no-drops`, `no-bulletin`, `no-key`.
    pub fn renew(&mut self, lat: Option<f64>, lon: Option<f64>, now: f64) -> Thrown<Vec<u8>> {
        let moved_to = match (lat, lon) {
            (Some(lat), Some(lon)) => Some(around(lat, lon)?),
            _ => None,
        };
        let sealed = self.core.renew(&mut self.rng, moved_to, now as i64);
        Ok(sealed.map_err(refused)?.as_bytes().to_vec())
    }

    /// The drop to fetch, as JSON: `{"bucket":3,"number":9,"path":"/v1/drops/3"}`; `undefined`: the desk makes none.
    pub fn wanted(&self, now: f64) -> Option<String> {
        let wanted = self.core.wanted(now as i64)?;
        let (bucket, number) = (wanted.bucket, wanted.number);
        Some(json!({ "bucket": bucket, "number": number, "path": wanted.path }).to_string())
    }

    /// Reads a drop; answers with what came as JSON: each has an `id` and one of `message` (with `at`), `enrolled`,
    /// `refused` (why), `received`, `renew`.
    ///
    /// # Errors
    /// `no-bulletin`, `no-bucket`, `drop`; `away`: the phone was away for too long and must renew.
    pub fn receive(&mut self, bucket: u16, drop: &[u8]) -> Thrown<String> {
        let received = self.core.receive(bucket, drop).map_err(refused)?;
        let replies = received.replies.iter().map(shown);
        let messages = received.messages.iter().map(shown_message);
        let welcome = received.welcome.map(shown_welcome);
        Ok(Value::from_iter(welcome.into_iter().chain(replies).chain(messages)).to_string())
    }
}

fn around(lat: f64, lon: f64) -> Thrown<Sector> {
    let place = Place::from_degrees(lat, lon).map_err(|_why| thrown("place"))?;
    Ok(Sector::around(place))
}

fn shown(reply: &Reply) -> Value {
    let id = reply.id;
    match &reply.content {
        Content::Refused(why) => json!({ "id": id, "refused": why_of(*why) }),
        Content::Received { count, .. } => json!({ "id": id, "received": count }),
        Content::Renew => json!({ "id": id, "renew": true }),
        _ => json!({ "id": id }),
    }
}

fn shown_welcome(id: u32) -> Value {
    json!({ "id": id, "enrolled": true })
}

fn shown_message(Message { id, at, text }: &Message) -> Value {
    json!({ "id": id, "message": text, "at": at })
}

fn why_of(why: InviteRefused) -> &'static str {
    match why {
        InviteRefused::Used => "used",
        InviteRefused::Expired => "expired",
        InviteRefused::Revoked => "revoked",
        // The desk has not made it, or says so in a way that later versions know.
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_is_shown_under_a_name_of_its_own() {
        let of = |content| shown(&Reply { id: 7, content });
        let text = "Привіт".to_owned();
        let message = json!({ "id": 7, "message": "Привіт", "at": 9 });
        assert_eq!(shown_message(&Message { id: 7, at: 9, text }), message);
        assert_eq!(shown_welcome(7), json!({ "id": 7, "enrolled": true }));
        for (why, name) in [
            (InviteRefused::Used, "used"),
            (InviteRefused::Expired, "expired"),
            (InviteRefused::Revoked, "revoked"),
            (InviteRefused::Unknown, "unknown"),
        ] {
            assert_eq!(
                of(Content::Refused(why)),
                json!({ "id": 7, "refused": name })
            );
        }
    }
}
