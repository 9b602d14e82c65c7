//! What a whisper says: an observation in 54 bits.
//!
//! ```text
//! kind 6 · place 20 · time 7 · count 5 · heading 4 · how known 2 · phrase 8 · drill 1 · duress 1
//! ```
//!
//! Most significant first, in the low 54 bits of a number. A place is a cell of 100 m within the witness's
//! [`Sector`]; a time is a slot of the kind's length, counted from 1970 modulo 128, which whoever hears
//! the whisper resolves by the hour at which it was spoken; a count is a step of [`COUNTS`].

use thiserror::Error;

use crate::{Danger, Form, Heading, Kind, Known, Observation, Precision, Sector, SectorCell};

/// Bits of a gist.
pub const GIST_BITS: u32 = 54;
/// What a count of 1 to 31 stands for: each number to ten, then steps of about a third. More than the last is said as it.
pub const COUNTS: [u16; 31] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400,
    500, 700, 1_000, 1_500, 2_000, 3_000, 5_000,
];
/// Slots of time before a whisper is heard that can be told apart.
pub const SLOTS_BACK: i64 = SLOTS - 1 - SLOTS_AHEAD;
/// Slots of time that a phone's clock may be ahead of the desk's.
pub const SLOTS_AHEAD: i64 = 2;

const SLOTS: i64 = 128;
/// How far off a place may be, in metres, at least: a whisper does not say, and people place what they saw by eye.
const OFF_M: u32 = 300;

/// What a whisper says. A value without identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gist {
    /// Code of the kind in the form, 1 to 63.
    pub kind: u8,
    /// Where, within the witness's sector.
    pub cell: SectorCell,
    /// When: the number of a slot modulo 128.
    pub slot: u8,
    /// How many, as a step of [`COUNTS`] counted from 1.
    pub count: Option<u8>,
    /// Which way it moved.
    pub heading: Option<Heading>,
    /// How the witness knows.
    pub known: Known,
    /// One of the form's phrases.
    pub phrase: Option<u8>,
    /// Said for practice: it never enters an incident.
    pub drill: bool,
    /// Said under duress.
    pub duress: bool,
}

/// What of an observation a whisper cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misfit {
    /// The form has no such kind.
    #[error("the form has no kind {0}")]
    Kind(u8),
    /// The place lies outside the witness's sector.
    #[error("the place lies outside the agreed region")]
    Place,
    /// It was seen longer ago than a slot can say.
    #[error("it was seen more than {0} seconds ago")]
    Old(i64),
    /// It was seen later than now.
    #[error("it was seen later than now")]
    Ahead,
    /// There is no room for words of one's own.
    #[error("a note does not fit")]
    Note,
    /// There is no room for how much danger the witness is in; a phrase may say it.
    #[error("how much danger there is does not fit")]
    Danger,
    /// The kind takes no count.
    #[error("this kind takes no count")]
    Count,
    /// The kind takes no heading.
    #[error("this kind takes no heading")]
    Heading,
    /// The form has no such phrase.
    #[error("the form has no phrase {0}")]
    Phrase(u8),
}

/// Why 54 bits are not a gist, or not one of this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GistError {
    /// More than 54 bits, or a value that stands for nothing.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The form does not have this.
    #[error("the form has no such {0}")]
    Form(&'static str),
    /// The cell lies nowhere in this sector.
    #[error("the sector has no such cell")]
    Cell,
}

/// How a whisper is said, beside what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// One of the form's phrases.
    pub phrase: Option<u8>,
    /// For practice.
    pub drill: bool,
    /// Under duress.
    pub duress: bool,
}

impl Gist {
    /// The gist of an observation, as it is to be said at `now` (seconds since 1970 UTC).
    ///
    /// The place becomes the centre of the kind's precision cell, the time a slot and the count a step; everything else
    /// must fit.
    ///
    /// # Errors
    /// All that must be left out first.
    pub fn of(
        seen: &Observation,
        manner: Manner,
        form: &Form,
        sector: Sector,
        now: i64,
    ) -> Result<Self, Vec<Misfit>> {
        let Some(kind) = form.kind(seen.kind) else {
            return Err(vec![Misfit::Kind(seen.kind)]);
        };
        let slot = |time: i64| time.div_euclid(i64::from(kind.slot_s));
        let ago = slot(now) - slot(seen.seen);
        let cell = sector.cell(seen.place.rounded(kind.precision));
        let mut misfits = Vec::new();
        let mut unless = |fits: bool, misfit: Misfit| {
            if !fits {
                misfits.push(misfit);
            }
        };
        unless(cell.is_some(), Misfit::Place);
        // Until it is heard some slots may pass.
        let oldest = SLOTS_BACK - SLOTS_AHEAD;
        unless(ago <= oldest, Misfit::Old(oldest * i64::from(kind.slot_s)));
        unless(ago >= 0, Misfit::Ahead);
        unless(seen.note.is_empty(), Misfit::Note);
        unless(seen.danger == Danger::None, Misfit::Danger);
        unless(seen.count.is_none() || kind.count.is_some(), Misfit::Count);
        unless(seen.heading.is_none() || kind.heading, Misfit::Heading);
        if let Some(phrase) = manner.phrase {
            unless(form.phrase(phrase).is_some(), Misfit::Phrase(phrase));
        }
        let (Some(cell), true) = (cell, misfits.is_empty()) else {
            return Err(misfits);
        };
        Ok(Self {
            kind: kind.code,
            cell,
            slot: slot(seen.seen).rem_euclid(SLOTS) as u8,
            count: seen.count.filter(|&count| count > 0).map(nearest),
            heading: seen.heading,
            known: seen.known,
            phrase: manner.phrase,
            drill: manner.drill,
            duress: manner.duress,
        })
    }

    /// The low 54 bits.
    pub fn to_bits(self) -> u64 {
        let heading = self.heading.map_or(0, |heading| heading.sector() + 1);
        let fields = [
            (6, u64::from(self.kind)),
            (20, u64::from(self.cell.number())),
            (7, u64::from(self.slot)),
            (5, u64::from(self.count.unwrap_or(0))),
            (4, u64::from(heading)),
            (2, self.known as u64),
            (8, u64::from(self.phrase.unwrap_or(0))),
            (1, u64::from(self.drill)),
            (1, u64::from(self.duress)),
        ];
        let bits = |bits, (width, value): &(u32, u64)| bits << width | value;
        fields.iter().fold(0, bits)
    }

    /// Reads 54 bits. Total.
    ///
    /// # Errors
    /// When there are more, or a field stands for nothing.
    pub fn from_bits(bits: u64) -> Result<Self, GistError> {
        if bits >> GIST_BITS != 0 {
            return Err(GistError::Range("the number"));
        }
        let mut left = GIST_BITS;
        let mut take = |width: u32| {
            left -= width;
            (bits >> left) as u32 & ((1 << width) - 1)
        };
        let kind = take(6) as u8;
        let cell = SectorCell::new(take(20)).expect("twenty bits name a cell");
        let slot = take(7) as u8;
        let count = take(5) as u8;
        let heading = take(4) as u8;
        let known = take(2);
        let phrase = take(8) as u8;
        let (drill, duress) = (take(1) == 1, take(1) == 1);
        if kind == 0 {
            return Err(GistError::Range("the kind"));
        }
        let heading = match heading.checked_sub(1) {
            None => None,
            Some(sector) => {
                Some(Heading::from_sector(sector).ok_or(GistError::Range("the heading"))?)
            }
        };
        let known = match known {
            0 => Known::Seen,
            1 => Known::Heard,
            2 => Known::Told,
            _ => return Err(GistError::Range("how it is known")),
        };
        let some = |value: u8| (value != 0).then_some(value);
        Ok(Self {
            kind,
            cell,
            slot,
            count: some(count),
            heading,
            known,
            phrase: some(phrase),
            drill,
            duress,
        })
    }

    /// The observation that was said, heard at `heard` (seconds since 1970 UTC): of all times that its slot may stand
    /// for the last one that is not further ahead than [`SLOTS_AHEAD`]. A phrase stays apart: it has a text in each
    /// language.
    ///
    /// # Errors
    /// When form or sector know nothing of it: it is then not of this desk's making.
    pub fn observation(
        &self,
        form: &Form,
        sector: Sector,
        heard: i64,
    ) -> Result<Observation, GistError> {
        let kind = form.kind(self.kind).ok_or(GistError::Form("kind"))?;
        if self.count.is_some() && kind.count.is_none() {
            return Err(GistError::Form("count"));
        }
        if self.heading.is_some() && !kind.heading {
            return Err(GistError::Form("heading"));
        }
        if self.phrase.is_some_and(|code| form.phrase(code).is_none()) {
            return Err(GistError::Form("phrase"));
        }
        let place = sector.place(self.cell).ok_or(GistError::Cell)?;
        let count = |step: u8| COUNTS[usize::from(step) - 1];
        Ok(Observation {
            kind: self.kind,
            place: place.rounded(kind.precision),
            off_m: OFF_M.max(kind.precision.max(Precision::Metres100).metres() * 71 / 100),
            seen: self.seen(kind, heard),
            seen_off_s: kind.slot_s / 2,
            count: self.count.map(count),
            heading: self.heading,
            known: self.known,
            danger: Danger::None,
            note: String::new(),
        })
    }

    /// The middle of the slot.
    fn seen(&self, kind: &Kind, heard: i64) -> i64 {
        let length = i64::from(kind.slot_s);
        let last = heard.div_euclid(length) + SLOTS_AHEAD;
        let back = (last - i64::from(self.slot)).rem_euclid(SLOTS);
        (last - back) * length + length / 2
    }
}

/// The step of [`COUNTS`] that is nearest, counted from 1; the larger of two equally near.
fn nearest(count: u16) -> u8 {
    let off = |step: u16| step.abs_diff(count);
    let best = (0..COUNTS.len()).rev().min_by_key(|&n| off(COUNTS[n]));
    best.expect("there are steps") as u8 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use proptest::prelude::*;

    const NOW: i64 = 1_796_000_000;

    fn sector() -> Sector {
        Sector::around(Place::from_degrees(48.0159, 37.8028).unwrap())
    }

    fn seen() -> Observation {
        Observation {
            kind: 9,
            place: Place::from_degrees(48.1, 37.9).unwrap(),
            off_m: 50,
            seen: NOW - 1_200,
            seen_off_s: 60,
            count: Some(17),
            heading: Heading::from_sector(2),
            known: Known::Seen,
            danger: Danger::None,
            note: String::new(),
        }
    }

    fn gist(seen: &Observation) -> Result<Gist, Vec<Misfit>> {
        let form = Form::civil_protection();
        Gist::of(seen, Manner::default(), &form, sector(), NOW)
    }

    #[test]
    fn a_column_on_the_road_is_heard_as_it_was_seen() {
        let form = Form::civil_protection();
        let kind = form.kind(9).unwrap();
        let said = Gist::from_bits(gist(&seen()).unwrap().to_bits()).unwrap();
        let heard = said.observation(&form, sector(), NOW + 600).unwrap();
        assert_eq!(heard.fits(&form), Ok(()));
        assert_eq!(heard.place, seen().place.rounded(kind.precision));
        assert!((heard.seen - seen().seen).abs() <= 150);
        assert_eq!((heard.count, heard.heading), (Some(15), seen().heading));
    }

    #[test]
    fn what_does_not_fit_is_named_all_at_once() {
        let far = Observation {
            place: Place::from_degrees(50.45, 30.52).unwrap(),
            seen: NOW - 128 * 300,
            danger: Danger::Acute,
            note: "біля церкви".into(),
            ..seen()
        };
        assert_eq!(
            gist(&far),
            Err(vec![
                Misfit::Place,
                Misfit::Old(123 * 300),
                Misfit::Note,
                Misfit::Danger
            ])
        );
        let wrong = Observation {
            kind: 18,
            seen: NOW + 7_200,
            ..seen()
        };
        assert_eq!(
            gist(&wrong),
            Err(vec![Misfit::Ahead, Misfit::Count, Misfit::Heading])
        );
        let none = Observation { kind: 63, ..seen() };
        assert_eq!(gist(&none), Err(vec![Misfit::Kind(63)]));
        let manner = Manner {
            phrase: Some(255),
            ..Manner::default()
        };
        let form = Form::civil_protection();
        assert_eq!(
            Gist::of(&seen(), manner, &form, sector(), NOW),
            Err(vec![Misfit::Phrase(255)])
        );
    }

    #[test]
    fn counts_go_to_the_nearest_step() {
        for (n, &count) in COUNTS.iter().enumerate() {
            assert_eq!(usize::from(nearest(count)), n + 1);
        }
        assert_eq!([11, 13, 17, 9_000].map(nearest), [11, 11, 12, 31]);
        assert!(COUNTS.is_sorted());
    }

    #[test]
    fn values_that_stand_for_nothing_are_refused() {
        let good = gist(&seen()).unwrap().to_bits();
        for (bits, what) in [
            (1 << 54, "the number"),
            (good & !(0x3f << 48), "the kind"),
            (good | 0xf << 12, "the heading"),
            (good | 0x3 << 10, "how it is known"),
        ] {
            assert_eq!(Gist::from_bits(bits), Err(GistError::Range(what)));
        }
    }

    #[test]
    fn what_the_form_does_not_know_is_refused() {
        let form = Form::civil_protection();
        let good = gist(&seen()).unwrap();
        let refused = |gist: Gist| gist.observation(&form, sector(), NOW).unwrap_err();
        assert_eq!(refused(Gist { kind: 63, ..good }), GistError::Form("kind"));
        let quiet = Gist { kind: 24, ..good };
        assert_eq!(refused(quiet), GistError::Form("count"));
        let quiet = Gist {
            count: None,
            ..quiet
        };
        assert_eq!(refused(quiet), GistError::Form("heading"));
        let phrase = Some(255);
        assert_eq!(refused(Gist { phrase, ..good }), GistError::Form("phrase"));
    }

    proptest! {
        #[test]
        fn any_bits_are_one_gist_or_refused(bits in 0..1_u64 << GIST_BITS) {
            if let Ok(gist) = Gist::from_bits(bits) {
                prop_assert_eq!(gist.to_bits(), bits);
            }
        }

        #[test]
        fn a_time_is_found_again_within_the_reach_of_its_slot(
            ago in 0..=123_i64, later in 0..=2_i64, kind in prop::sample::select(vec![9_u8, 12]),
        ) {
            let form = Form::civil_protection();
            let slot = i64::from(form.kind(kind).unwrap().slot_s);
            let seen = Observation { kind, seen: NOW - ago * slot, heading: None, ..seen() };
            let heard = gist(&seen).unwrap().observation(&form, sector(), NOW + later * slot).unwrap();
            prop_assert!((heard.seen - seen.seen).abs() <= slot / 2);
        }

        #[test]
        fn a_clock_that_is_ahead_by_a_slot_or_two_says_the_same_time(ahead in 0..=2_i64) {
            let form = Form::civil_protection();
            let heard = gist(&Observation { seen: NOW, ..seen() }).unwrap();
            let heard = heard.observation(&form, sector(), NOW - ahead * 300).unwrap();
            prop_assert!((heard.seen - NOW).abs() <= 150);
        }
    }
}
