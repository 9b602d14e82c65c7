//! What the desk's pages read and send. Times are Unix seconds, places decimal degrees (WGS 84),
//! distances metres. `ts-rs` writes the same types for TypeScript.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything but incidents and warnings.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Overview {
    /// Live or replay, and what time the desk believes it is.
    pub clock: Clock,
    /// The form's kinds.
    pub kinds: Vec<KindView>,
    /// West, south, east, north of what this desk looks after.
    pub region: [f64; 4],
    /// What came in so far.
    pub counters: Counters,
    /// The relays this desk pulls from.
    pub relays: Vec<RelayView>,
    /// Where the public finds the warnings (Atom), one address a relay.
    pub feeds: Vec<String>,
}

/// The desk's time.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Clock {
    /// `replay` takes the time from the reports.
    pub mode: ClockMode,
    /// Now, by that clock.
    #[ts(type = "number")]
    pub now: i64,
}

/// Where the desk's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ClockMode {
    /// The machine's clock.
    Live,
    /// The times in the reports.
    Replay,
}

/// A kind of the form, as the pages need it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct KindView {
    /// Code, 1 to 63.
    pub code: u8,
    /// Stable name, also of its icon.
    pub name: String,
    /// What people read.
    pub label: TextPair,
    /// `alone`, `officer` or `never`.
    pub warns: String,
    /// Metres to which places of this kind are rounded.
    pub precision_m: u32,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TextPair {
    /// Ukrainian.
    pub uk: String,
    /// English.
    pub en: String,
}

/// Envelopes by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
pub struct Counters {
    /// Reports in the journal.
    #[ts(type = "number")]
    pub accepted: u64,
    /// Came again, by another relay or sealed anew: counted once.
    #[ts(type = "number")]
    pub duplicates: u64,
    /// Cover traffic.
    #[ts(type = "number")]
    pub cover: u64,
    /// Phones that asked to be known, whether or not they were taken.
    #[ts(type = "number")]
    pub enrolments: u64,
    /// Messages of witnesses to their coordinators, and what is set aside for these.
    #[ts(type = "number")]
    pub messages: u64,
    /// Times that a phone showed that it is there.
    #[ts(type = "number")]
    pub check_ins: u64,
    /// Times that somebody practised, by any way.
    #[ts(type = "number")]
    pub drills: u64,
    /// Not accepted, by reason.
    pub refused: Vec<RefusedCount>,
}

/// How many envelopes were not accepted for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RefusedCount {
    /// Stable name of the reason.
    pub reason: String,
    /// How many.
    #[ts(type = "number")]
    pub count: u64,
}

/// One relay as the desk sees it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RelayView {
    /// Its address.
    pub url: String,
    /// Whether the last pull succeeded.
    pub up: bool,
    /// Last index in the journal.
    #[ts(type = "number")]
    pub cursor: u64,
    /// What is wrong, in words, when it is not up.
    pub trouble: Option<String>,
}

/// What the desk believes happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Incident {
    /// Lasting number.
    #[ts(type = "number")]
    pub id: u64,
    /// Leading kind.
    pub kind: u8,
    /// Other kinds it may be, with their probabilities, leading first.
    pub kinds: Vec<KindShare>,
    /// Where.
    pub lat: f64,
    /// Where.
    pub lon: f64,
    /// 68 % of the belief lies within.
    pub radius_m: f64,
    /// Earliest time it was seen.
    #[ts(type = "number")]
    pub first_seen: i64,
    /// Latest time it was seen.
    #[ts(type = "number")]
    pub last_seen: i64,
    /// When its last report came.
    #[ts(type = "number")]
    pub last_report: i64,
    /// Independent people who report it.
    pub sources: u32,
    /// All reports, repeats too.
    pub reports: u32,
    /// Probability that it is real, 0 to 1.
    pub confidence: f64,
    /// Admiralty code, for example `B2`.
    pub grade: String,
    /// What an analyst decided.
    pub verdict: Verdict,
    /// Grows with every change; a verdict names the one it was made on.
    #[ts(type = "number")]
    pub version: u64,
    /// The warning in force for it.
    pub warning: Option<String>,
    /// Whether it no longer takes reports.
    pub closed: bool,
}

/// A kind and its probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct KindShare {
    /// Code of the kind.
    pub kind: u8,
    /// 0 to 1.
    pub share: f64,
}

/// What an analyst decided about an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing yet.
    #[default]
    Open,
    /// It happened.
    Confirmed,
    /// It did not.
    Disputed,
}

/// `GET /api/incidents`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct IncidentList {
    /// Newest first.
    pub incidents: Vec<Incident>,
}

/// Event `incidents`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct IncidentChanges {
    /// New or changed, whole.
    pub changed: Vec<Incident>,
    /// No longer there (merged into another).
    #[ts(type = "number[]")]
    pub gone: Vec<u64>,
}

/// `GET /api/incidents/ID`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct IncidentDetail {
    /// The incident.
    pub incident: Incident,
    /// Its reports, oldest first, those against included.
    pub reports: Vec<ReportView>,
    /// What was decided, oldest first.
    pub history: Vec<Decision>,
}

/// One report of an incident; says nothing that would tell one witness across incidents.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ReportView {
    /// Number in the journal.
    #[ts(type = "number")]
    pub report: u64,
    /// 1, 2, 3 … within this incident only; nothing once it is forgotten whose report this is.
    pub person: Option<u32>,
    /// For or against the incident.
    pub stance: Stance,
    /// How much it moves the belief, 0 to 1; nothing once it is forgotten whose report this is.
    pub weight: Option<f64>,
    /// Whether the same person is known to have said it before.
    pub repeat: bool,
    /// Kind that it states.
    pub kind: u8,
    /// Where, rounded to the kind's precision.
    pub lat: f64,
    /// Where.
    pub lon: f64,
    /// How far off the place may be.
    pub off_m: u32,
    /// When it was seen.
    #[ts(type = "number")]
    pub seen: i64,
    /// How far off that time may be, seconds.
    pub seen_off_s: u32,
    /// When it came in.
    #[ts(type = "number")]
    pub received: i64,
    /// `seen`, `heard` or `told`.
    pub known: String,
    /// How many.
    pub count: Option<u16>,
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
    /// `none`, `some` or `acute`.
    pub danger: String,
    /// What the witness wrote.
    pub note: String,
    /// What carried it.
    pub bearer: ReportBearer,
    /// A sentence of the form that the witness chose.
    pub phrase: Option<TextPair>,
}

/// What carried a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ReportBearer {
    /// Fourteen words over a call.
    Call,
    /// An envelope of its own.
    Envelope,
    /// A sheet or a code on paper.
    Paper,
    /// Fourteen words in a text message.
    Text,
}

/// For or against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// Speaks against it.
    Against,
    /// Speaks for it.
    For,
}

/// Something decided at the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Decision {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// `confirmed`, `disputed`, `open`, `warned`, `updated`, `cancelled`, `merged`.
    pub what: String,
}

/// `PUT /api/incidents/ID/verdict`.
#[derive(Clone, Debug, PartialEq, Deserialize, TS)]
pub struct VerdictRequest {
    /// The verdict.
    pub verdict: Verdict,
    /// Version of the incident that the analyst saw; a difference in the verdict since then
    /// is refused, more reports are not.
    #[ts(type = "number")]
    pub version: u64,
}

/// `POST /api/calls`: somebody calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CallBegun {
    /// The name of the call, for `PUT /api/calls/CALL`; ends after an hour.
    pub call: String,
}

/// `PUT /api/calls/CALL`: the words so far.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CallWords {
    /// `uk` or `en`.
    pub language: String,
    /// As typed, in order, at most 16; empty or `_` where one was not understood, a question mark behind one that is in
    /// doubt.
    pub words: Vec<String>,
}

/// What the words so far are.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct CallView {
    /// One for each text.
    pub places: Vec<CallPlace>,
    /// How far the words carry.
    pub code: CallCode,
    /// The fourteen words that were meant, as far as can be told.
    pub mended: Option<Vec<String>>,
    /// The slip of one position that explains what was heard.
    pub slip: Option<CallSlip>,
    /// The report, once it is known whose it is: then it is in the journal.
    pub report: Option<CallReport>,
}

/// One of the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CallPlace {
    /// The word of the list.
    pub word: Option<String>,
    /// What the text is.
    pub state: CallPlaceState,
    /// What it may have been.
    pub offers: Vec<String>,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum CallPlaceState {
    /// It was not understood.
    Missing,
    /// It begins several words.
    More,
    /// A word of the list.
    Said,
    /// No word of the list.
    Unknown,
}

/// How far the words carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum CallCode {
    /// More is wrong than can be mended.
    Beyond,
    /// They fit together after some were mended.
    Mended,
    /// Too few so far.
    Short,
    /// They fit together as they are.
    Whole,
}

/// A slip of one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CallSlip {
    /// What happened.
    pub kind: CallSlipKind,
    /// To which of the fourteen words, from 0; of two that changed places the first.
    pub at: usize,
}

/// What may happen to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CallSlipKind {
    /// It was not said.
    LeftOut,
    /// It was said twice.
    SaidTwice,
    /// It and the next changed places.
    Swapped,
}

/// A report that came over a call.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct CallReport {
    /// Words to read back, two, or one for a codebook sheet: only the desk knows them.
    pub answer: Vec<String>,
    /// The incident that it is in.
    #[ts(type = "number | null")]
    pub incident: Option<u64>,
    /// For practice: it is in no incident.
    pub drill: bool,
    /// Whoever speaks is forced to: it is in no incident, and their coordinator sees it.
    pub duress: bool,
    /// Whether the form knows what it speaks of; if not, all that follows is missing.
    pub understood: bool,
    /// Code of the kind.
    pub kind: Option<u8>,
    /// Where, degrees.
    pub lat: Option<f64>,
    /// Where, degrees.
    pub lon: Option<f64>,
    /// How far off the place may be, metres.
    pub off_m: Option<u32>,
    /// When it was seen.
    #[ts(type = "number | null")]
    pub seen: Option<i64>,
    /// How far off that time may be, seconds.
    pub seen_off_s: Option<u32>,
    /// How many.
    pub count: Option<u16>,
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
    /// `seen`, `heard` or `told`.
    pub known: Option<String>,
    /// A sentence of the form that the witness chose.
    pub phrase: Option<TextPair>,
}

/// `GET /api/incidents/ID/draft`: what a warning would say.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct WarningDraft {
    /// The incident.
    #[ts(type = "number")]
    pub incident: u64,
    /// CAP severity.
    pub severity: String,
    /// CAP urgency.
    pub urgency: String,
    /// CAP certainty.
    pub certainty: String,
    /// Centre of the area, coarser than what the desk holds.
    pub lat: f64,
    /// Centre of the area.
    pub lon: f64,
    /// Radius of the area.
    pub radius_m: f64,
    /// Seconds it will hold.
    pub expires_s: u32,
    /// In each language.
    pub texts: WarningTexts,
}

/// The words of a warning in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WarningTexts {
    /// Ukrainian.
    pub uk: WarningText,
    /// English.
    pub en: WarningText,
}

/// The words of a warning in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WarningText {
    /// One line.
    pub headline: String,
    /// What is known.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// Name of the area.
    pub area: String,
}

/// `POST /api/warnings` and `…/update`: absent values are taken from the draft.
#[derive(Clone, Debug, PartialEq, Deserialize, TS)]
pub struct PublishRequest {
    /// The incident.
    #[ts(type = "number")]
    pub incident: u64,
    /// Words that the duty officer changed.
    #[ts(optional)]
    pub texts: Option<WarningTexts>,
    /// CAP severity.
    #[ts(optional)]
    pub severity: Option<String>,
    /// Seconds it will hold.
    #[ts(optional)]
    pub expires_s: Option<u32>,
}

/// A published warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Warning {
    /// CAP identifier of the latest message of its chain.
    pub id: String,
    /// The incident.
    #[ts(type = "number")]
    pub incident: u64,
    /// Leading kind when it was published.
    pub kind: u8,
    /// `active`, `cancelled` or `expired`.
    pub state: String,
    /// Whether a rule fired it without a person.
    pub by_rule: bool,
    /// When the latest message was sent.
    #[ts(type = "number")]
    pub sent: i64,
    /// Until when it holds.
    #[ts(type = "number")]
    pub expires: i64,
    /// CAP severity.
    pub severity: String,
    /// Centre of the area.
    pub lat: f64,
    /// Centre of the area.
    pub lon: f64,
    /// Radius of the area.
    pub radius_m: f64,
    /// In each language.
    pub texts: WarningTexts,
    /// Relays that have it, of all relays.
    pub published_to: u32,
}

/// All warnings of the last days, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct WarningList {
    /// Newest first.
    pub warnings: Vec<Warning>,
}

/// Body of every refusal (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ProblemView {
    /// `urn:lapwing:problem:NAME`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do.
    #[ts(optional)]
    pub detail: Option<String>,
    /// `changed` only: the present state of the incident.
    #[ts(optional)]
    pub incident: Option<Incident>,
}

/// Which cells there are. Their names are sealed to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CellList {
    /// By number.
    pub cells: Vec<CellLine>,
}

/// A cell, as anybody at the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CellLine {
    /// Its number.
    pub id: u32,
    /// When it was made, by the desk's clock.
    #[ts(type = "number")]
    pub made: i64,
}

/// A new cell.
#[derive(Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CellFounding {
    /// What its coordinator calls it; sealed to the cell.
    pub name: String,
    /// Opens the cell, and nothing else does: at least 8 characters.
    pub passphrase: String,
}

/// Opens a cell.
#[derive(Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CellUnlocking {
    /// Its coordinator's.
    pub passphrase: String,
}

/// A cell that is open now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CellUnlocked {
    /// Its number.
    pub id: u32,
    /// For the header `Lapwing-Cell` of all requests about the cell; ends a quarter of an hour after
    /// the last.
    pub session: String,
}

/// A cell, as its coordinator sees it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct CellView {
    /// Its number.
    pub id: u32,
    /// What its coordinator calls it.
    pub name: String,
    /// Its witnesses, as they joined.
    pub members: Vec<MemberView>,
    /// Its invites, newest first.
    pub invites: Vec<InviteView>,
    /// Its codebook sheets, newest first.
    pub codebooks: Vec<CodebookView>,
}

/// A sheet of paper that stands for a phone, as the coordinator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CodebookView {
    /// Number within the desk.
    pub id: u32,
    /// What the coordinator called whom it is for.
    pub label: String,
    /// When it was made.
    #[ts(type = "number")]
    pub made: i64,
    /// Rows for reports that were not used.
    pub left: usize,
    /// When it was cancelled.
    #[ts(type = "number | null")]
    pub ended: Option<i64>,
}

/// What a coordinator says of a codebook sheet to be made.
#[derive(Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CodebookRequest {
    /// Whom it is for, in the coordinator's words; sealed to the cell.
    pub label: String,
    /// `en` or `uk`: of the words and of what is printed.
    pub language: String,
    /// A settlement in either language: it and the nearest others are printed as places.
    pub near: String,
    /// Minutes by which the clock of whoever uses it is ahead of UTC.
    pub clock_min: i16,
}

/// A codebook sheet that was made: the only time that it can be printed.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct CodebookMade {
    /// Number within the desk.
    pub id: u32,
    /// One page of A4, HTML.
    pub page: String,
}

/// A witness, as their coordinator sees them.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct MemberView {
    /// Number within the desk.
    pub id: u32,
    /// What the coordinator called whom the invite was for.
    pub label: String,
    /// When they joined.
    #[ts(type = "number")]
    pub joined: i64,
    /// When their phone last showed that it is there.
    #[ts(type = "number | null")]
    pub check_in: Option<i64>,
    /// What they last said of themselves.
    pub well: Option<bool>,
    /// Whose decoy this is: whoever speaks here is forced to, or forces them.
    pub duress_of: Option<u32>,
    /// Since when somebody speaks as the decoy.
    #[ts(type = "number | null")]
    pub duress_since: Option<i64>,
    /// How often they practised.
    pub drills: u32,
    /// When their phone was cut off: nothing that it sends comes here any more.
    #[ts(type = "number | null")]
    pub cut_off: Option<i64>,
    /// What was written, oldest first.
    pub talk: Vec<TalkLine>,
}

/// One message, either way.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct TalkLine {
    /// When, by the desk's clock.
    #[ts(type = "number")]
    pub at: i64,
    /// Who wrote it.
    pub by: TalkBy,
    /// The words; of a report, its note.
    pub text: String,
    /// What else a report says that was set aside.
    pub report: Option<SetAside>,
    /// When the phone acknowledged it; nothing for what the witness wrote.
    #[ts(type = "number | null")]
    pub came: Option<i64>,
    /// Whether it was given up: the phone did not acknowledge it in 30 days.
    pub lost: bool,
}

/// A report that came from a decoy: in no incident, and in no warning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct SetAside {
    /// Code of its kind.
    pub kind: u8,
    /// Where, degrees.
    pub lat: f64,
    /// Where, degrees.
    pub lon: f64,
    /// When it was seen.
    #[ts(type = "number")]
    pub seen: i64,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum TalkBy {
    /// The coordinator.
    Coordinator,
    /// The witness.
    Witness,
}

/// An invite, as the coordinator sees it: the secret was shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct InviteView {
    /// Hash of its secret, hexadecimal.
    pub id: String,
    /// Whom it is for.
    pub label: String,
    /// When it was made.
    #[ts(type = "number")]
    pub made: i64,
    /// When it ends.
    #[ts(type = "number")]
    pub expires: i64,
    /// Whether it can be used.
    pub state: InviteStanding,
    /// Whose decoy joins by it.
    pub duress_of: Option<u32>,
}

/// Whether an invite can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum InviteStanding {
    /// Its time has passed.
    Expired,
    /// It can.
    Open,
    /// It was withdrawn.
    Revoked,
    /// Somebody joined by it.
    Used,
}

/// A new invite.
#[derive(Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// Whom it is for, in the coordinator's words; sealed to the cell.
    pub label: String,
    /// How long it holds, seconds; at most 90 days.
    #[ts(type = "number")]
    pub holds_s: i64,
    /// The witness of this cell whose decoy is to join by it. Nothing on the invite tells.
    #[serde(default)]
    #[ts(optional)]
    pub duress_of: Option<u32>,
}

/// An invite that was made: the only time that its secret is shown.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
pub struct InviteMade {
    /// Hash of its secret, hexadecimal.
    pub id: String,
    /// Secret and check, 22 hexadecimal digits: what the QR code holds after `LAPWING:`.
    pub code: String,
    /// Two passes, 1,168 hexadecimal digits: what the QR code holds after one colon more. None where relays take envelopes
    /// without passes, or the desk has none to give.
    pub passes: Option<String>,
    /// Relays want passes, and the desk has none to give: the phone needs some of its own before it can ask.
    pub passes_missing: bool,
    /// The same as eight words, to be said or written by hand.
    pub words: TextPair,
    /// When it ends.
    #[ts(type = "number")]
    pub expires: i64,
}

/// A message to a witness.
#[derive(Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct MessageRequest {
    /// At most 560 bytes.
    pub text: String,
}
