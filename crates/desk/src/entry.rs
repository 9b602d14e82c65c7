//! What the journal is made of: everything that ever changed the desk's mind.
//!
//! A report is kept as bytes, one that came in an envelope and one that was whispered:
//!
//! ```text
//! 01 · received 8 · relay's time 8 · leaf salt 32 · field seed 32 · observation (CBOR)
//! 02 · received 8 · heard 8 · bearer 1 · phrase 1, 0 for none · observation (CBOR)
//! ```
//!
//! With salt and seed, a later case file can show what the relay's log says about the envelope and
//! open single fields of it. All other entries are JSON.

use lapwing_model::Observation;
use lapwing_seal::Bearer;
use serde::{Deserialize, Serialize};

use crate::{
    api::types::{Verdict, WarningTexts},
    fold::{Closing, Remains},
};

/// Number of an entry in the journal, from 1; also the number of the report that it holds.
pub(crate) type Seq = i64;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// A bulletin was signed.
    Bulletin(BulletinMade),
    /// Something was done to a cell.
    Cell(CellEvent),
    /// A witness showed that their phone is there.
    CheckIn,
    /// Epochs were closed: the ties of their reports are gone.
    Closing(Box<Closing>),
    /// An envelope was cover traffic.
    Cover,
    /// Somebody practised: what they made up is kept nowhere.
    Drill(Drill),
    /// An envelope or report came again.
    Duplicate(Duplicate),
    /// A phone asked to be known.
    Enrolment(EnrolmentResult),
    /// A witness wrote to their coordinator.
    Message,
    /// A report by whoever forces a witness came: what it says lies in a record of their cell.
    Quarantined,
    /// An envelope was not accepted.
    Refused(Refused),
    /// What is kept of epochs that the next closing closes.
    Remains(Box<Remains>),
    /// A report.
    Report(Box<Received>),
    /// Time passed, and something became old by it.
    Tick,
    /// An analyst decided.
    Verdict(Decided),
    /// A warning, its update or its cancellation went out.
    Warning(Box<Issued>),
}

/// A report as the desk keeps it: without its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// When it came in, by the desk's clock.
    pub(crate) received: i64,
    /// By what.
    pub(crate) came: Came,
    /// What was seen.
    pub(crate) observation: Observation,
}

/// By what a report came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// In an envelope of its own.
    Envelope {
        /// When the relay says that it stored the envelope.
        relay_time: i64,
        /// Salt of the envelope's leaf in the relay's log.
        leaf_salt: [u8; 32],
        /// Seed of the salted fields under the envelope's root.
        field_seed: [u8; 32],
    },
    /// In fourteen words.
    Whisper {
        /// When somebody heard or read them.
        heard_at: i64,
        /// What carried them.
        bearer: Bearer,
        /// One of the form's phrases.
        phrase: Option<u8>,
    },
}

/// By what somebody's practice came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Drill {
    /// Words over a call.
    Call,
    /// An envelope.
    Envelope,
    /// A sheet or a code on paper.
    Paper,
    /// A text message.
    Text,
}

impl From<Bearer> for Drill {
    fn from(bearer: Bearer) -> Self {
        match bearer {
            Bearer::Call => Self::Call,
            Bearer::Text => Self::Text,
            Bearer::Paper => Self::Paper,
        }
    }
}

/// How something came again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Duplicate {
    /// The same bytes by another relay.
    Envelope,
    /// The same report in another envelope.
    Report,
}

/// What was done to a cell: nothing of who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CellEvent {
    /// Its number.
    pub(crate) cell: u32,
    /// What.
    pub(crate) done: CellDone,
}

/// What can be done to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CellDone {
    /// A codebook sheet was made.
    Codebook,
    /// A codebook sheet was cancelled.
    CodebookEnded,
    /// A witness's phone was cut off.
    CutOff,
    /// It was made.
    Founded,
    /// An invite was made.
    Invited,
    /// An invite was withdrawn.
    Revoked,
    /// The coordinator wrote to a witness.
    Wrote,
}

/// What became of an enrolment: nothing of whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnrolmentResult {
    /// The invite was for a time that has passed.
    Expired,
    /// A new witness of a cell.
    Joined,
    /// A known witness with new chains.
    Renewed,
    /// The invite had been withdrawn.
    Revoked,
    /// No such invite, or a renewal by nobody known.
    Unknown,
    /// The invite had been used.
    Used,
}

/// Why an envelope was not accepted: a stable name, no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    /// Stable name of the reason.
    pub(crate) reason: String,
}

/// An analyst's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    /// About which incident, as it was numbered then.
    pub(crate) incident: u64,
    /// A report of that incident: finds it again when the fusing has changed since.
    pub(crate) report: Seq,
    /// What.
    pub(crate) verdict: Verdict,
}

/// A bulletin's number and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulletinMade {
    /// Its number.
    pub(crate) number: u64,
}

/// What a CAP message does to its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Message {
    /// Begins it.
    Alert,
    /// Ends it.
    Cancel,
    /// Takes the place of the one before.
    Update,
}

/// A warning that went out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issued {
    /// CAP identifier of this message.
    pub(crate) id: String,
    /// Identifier of the first message of its chain.
    pub(crate) chain: String,
    /// What it does.
    pub(crate) message: Message,
    /// The incident, as it was numbered then.
    pub(crate) incident: u64,
    /// A report of that incident: finds it again when the fusing has changed since.
    pub(crate) report: Seq,
    /// Leading kind.
    pub(crate) kind: u8,
    /// Whether a rule fired it.
    pub(crate) by_rule: bool,
    /// When it was sent, by the desk's clock.
    pub(crate) at: i64,
    /// How long it holds, seconds.
    pub(crate) holds_s: u32,
    /// When it was sent, as the public reads it. In a replay the desk's clock shows the time of the
    /// reports, and the public's does not.
    pub(crate) sent: i64,
    /// CAP severity.
    pub(crate) severity: String,
    /// CAP urgency.
    pub(crate) urgency: String,
    /// CAP certainty.
    pub(crate) certainty: String,
    /// Centre of the area, 1e-7 degree.
    pub(crate) lat_e7: i32,
    /// Centre of the area, 1e-7 degree.
    pub(crate) lon_e7: i32,
    /// Radius of the area.
    pub(crate) radius_m: u32,
    /// The words.
    pub(crate) texts: WarningTexts,
    /// The CAP document, as published.
    pub(crate) cap: String,
}

/// Bytes that are no entry of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

const BY_ENVELOPE: u8 = 1;
const ENVELOPE_HEAD: usize = 8 + 8 + 32 + 32;
const BY_WHISPER: u8 = 2;

impl Entry {
    /// The stable name of its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Bulletin(_) => "bulletin",
            Self::Cell(_) => "cell",
            Self::CheckIn => "check-in",
            Self::Closing(_) => "closing",
            Self::Cover => "cover",
            Self::Drill(_) => "drill",
            Self::Duplicate(_) => "duplicate",
            Self::Enrolment(_) => "enrolment",
            Self::Message => "message",
            Self::Quarantined => "quarantined",
            Self::Refused(_) => "refused",
            Self::Remains(_) => "remains",
            Self::Report(_) => "report",
            Self::Tick => "tick",
            Self::Verdict(_) => "verdict",
            Self::Warning(_) => "warning",
        }
    }

    /// Its body.
    pub(crate) fn encode(&self) -> Vec<u8> {
        fn json(value: &impl Serialize) -> Vec<u8> {
            serde_json::to_vec(value).expect("entries have string keys and finite numbers")
        }
        match self {
            Self::Bulletin(made) => json(made),
            Self::Cell(event) => json(event),
            Self::CheckIn | Self::Cover | Self::Message | Self::Quarantined | Self::Tick => {
                Vec::new()
            }
            Self::Closing(closing) => json(closing),
            Self::Drill(by) => json(by),
            Self::Duplicate(how) => json(how),
            Self::Enrolment(result) => json(result),
            Self::Refused(why) => json(why),
            Self::Remains(part) => json(part),
            Self::Report(report) => report.encode(),
            Self::Verdict(decided) => json(decided),
            Self::Warning(issued) => json(issued),
        }
    }

    /// Reads a body of a kind. Total.
    pub(crate) fn decode(kind: &str, body: &[u8]) -> Result<Self, Unreadable> {
        fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
            serde_json::from_slice(body).map_err(|_why| Unreadable)
        }
        let empty = |entry| {
            if body.is_empty() {
                Ok(entry)
            } else {
                Err(Unreadable)
            }
        };
        match kind {
            "bulletin" => json(body).map(Self::Bulletin),
            "cell" => json(body).map(Self::Cell),
            "check-in" => empty(Self::CheckIn),
            "closing" => json(body).map(Self::Closing),
            "cover" => empty(Self::Cover),
            "drill" => json(body).map(Self::Drill),
            "duplicate" => json(body).map(Self::Duplicate),
            "enrolment" => json(body).map(Self::Enrolment),
            "message" => empty(Self::Message),
            "quarantined" => empty(Self::Quarantined),
            "refused" => json(body).map(Self::Refused),
            "remains" => json(body).map(Self::Remains),
            "report" => Received::decode(body).map(|r| Self::Report(Box::new(r))),
            "tick" => empty(Self::Tick),
            "verdict" => json(body).map(Self::Verdict),
            "warning" => json(body).map(|w| Self::Warning(Box::new(w))),
            _ => Err(Unreadable),
        }
    }
}

impl Received {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let observation = self.observation.encode();
        let mut out = Vec::with_capacity(1 + ENVELOPE_HEAD + observation.len());
        match &self.came {
            Came::Envelope {
                relay_time,
                leaf_salt,
                field_seed,
            } => {
                out.push(BY_ENVELOPE);
                out.extend_from_slice(&self.received.to_be_bytes());
                out.extend_from_slice(&relay_time.to_be_bytes());
                out.extend_from_slice(leaf_salt);
                out.extend_from_slice(field_seed);
            }
            Came::Whisper {
                heard_at,
                bearer,
                phrase,
            } => {
                out.push(BY_WHISPER);
                out.extend_from_slice(&self.received.to_be_bytes());
                out.extend_from_slice(&heard_at.to_be_bytes());
                out.push(*bearer as u8);
                out.push(phrase.unwrap_or(0));
            }
        }
        out.extend_from_slice(&observation);
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, Unreadable> {
        fn part<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N], Unreadable> {
            let (part, rest) = bytes.split_first_chunk().ok_or(Unreadable)?;
            *bytes = rest;
            Ok(part)
        }
        let (version, mut rest) = body.split_first().ok_or(Unreadable)?;
        let received = i64::from_be_bytes(*part(&mut rest)?);
        let came = match *version {
            BY_ENVELOPE => Came::Envelope {
                relay_time: i64::from_be_bytes(*part(&mut rest)?),
                leaf_salt: *part(&mut rest)?,
                field_seed: *part(&mut rest)?,
            },
            BY_WHISPER => {
                let heard_at = i64::from_be_bytes(*part(&mut rest)?);
                let [bearer, phrase] = *part(&mut rest)?;
                let bearer = match bearer {
                    0 => Bearer::Call,
                    1 => Bearer::Text,
                    2 => Bearer::Paper,
                    _ => return Err(Unreadable),
                };
                Came::Whisper {
                    heard_at,
                    bearer,
                    phrase: (phrase != 0).then_some(phrase),
                }
            }
            _ => return Err(Unreadable),
        };
        Ok(Self {
            received,
            came,
            observation: Observation::decode(rest).map_err(|_why| Unreadable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_model::{Danger, Known, Place, Precision};

    fn report() -> Entry {
        Entry::Report(Box::new(Received {
            received: 1_790_000_000,
            came: Came::Envelope {
                relay_time: 1_789_999_999,
                leaf_salt: [1; 32],
                field_seed: [2; 32],
            },
            observation: Observation {
                kind: 2,
                place: Place::from_degrees(48.0, 37.8)
                    .unwrap()
                    .rounded(Precision::Metres100),
                off_m: 200,
                seen: 1_789_999_900,
                seen_off_s: 60,
                count: None,
                heading: None,
                known: Known::Heard,
                danger: Danger::Some,
                note: "біля школи".into(),
            },
        }))
    }

    fn whispered(phrase: Option<u8>) -> Entry {
        let Entry::Report(mut report) = report() else {
            panic!("a report");
        };
        report.observation.note.clear();
        report.came = Came::Whisper {
            heard_at: 1_789_999_990,
            bearer: Bearer::Text,
            phrase,
        };
        Entry::Report(report)
    }

    #[test]
    fn entries_read_back_and_nothing_else_does() {
        let all = [
            report(),
            whispered(None),
            whispered(Some(7)),
            Entry::Cover,
            Entry::Drill(Drill::Paper),
            Entry::Tick,
            Entry::Quarantined,
            Entry::Duplicate(Duplicate::Report),
            Entry::Refused(Refused {
                reason: "sealed".into(),
            }),
            Entry::Verdict(Decided {
                incident: 7,
                report: 3,
                verdict: Verdict::Disputed,
            }),
            Entry::Bulletin(BulletinMade { number: 3 }),
            Entry::Remains(Box::new(Remains {
                incidents: vec![crate::fold::KeptIncident {
                    id: 4,
                    last_report: 9,
                    view: "{\"a\":1}".into(),
                    reports: vec![(3, false), (5, true)],
                    decided: Some(2),
                }],
                labels: vec![(3, 4)],
                ..Remains::default()
            })),
            Entry::Closing(Box::new(Closing {
                epoch: 2_958,
                first: 12,
                parts: 1,
                now: 9,
                next_incident: 5,
                bulletin: 3,
                counts: crate::fold::Counts::default(),
            })),
        ];
        for entry in &all {
            let body = entry.encode();
            assert_eq!(Entry::decode(entry.kind(), &body).as_ref(), Ok(entry));
            let longer = [body.as_slice(), &[0]].concat();
            assert_eq!(
                Entry::decode(entry.kind(), &longer),
                Err(Unreadable),
                "{}",
                entry.kind()
            );
        }
        assert_eq!(Entry::decode("gossip", b""), Err(Unreadable));
    }

    #[test]
    fn a_report_cut_short_is_unreadable() {
        for body in [report().encode(), whispered(None).encode()] {
            for n in 0..body.len() {
                assert_eq!(Entry::decode("report", &body[..n]), Err(Unreadable), "{n}");
            }
            let other = [&[3], &body[1..]].concat();
            assert_eq!(Entry::decode("report", &other), Err(Unreadable));
        }
        let mut bearer = whispered(None).encode();
        bearer[17] = 3;
        assert_eq!(Entry::decode("report", &bearer), Err(Unreadable));
    }
}
