//! The closed code lists of CAP 1.2, in the order of the standard.

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every value, in the order of the standard.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value as written in a document.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }

            /// The value of this exact text; the lists are case-sensitive
            /// (CAP 1.2, 3.2).
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $(stringify!($variant) => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

codes! {
    /// `status` (CAP 1.2, 3.2.1): how the message is to be handled.
    Status {
        /// To be acted on by everyone it targets.
        Actual,
        /// Only for the participants of the exercise that the note names.
        Exercise,
        /// For the networks that carry warnings.
        System,
        /// A technical test; to be disregarded.
        Test,
        /// A template or draft, not to be acted on.
        Draft,
    }
    /// `msgType` (CAP 1.2, 3.2.1).
    MsgType {
        /// Initial information.
        Alert,
        /// Supersedes the messages that it refers to.
        Update,
        /// Cancels the messages that it refers to.
        Cancel,
        /// Acknowledges the messages that it refers to.
        Ack,
        /// Rejects the messages that it refers to.
        Error,
    }
    /// `category` (CAP 1.2, 3.2.2).
    Category {
        /// Geophysical, landslides included.
        Geo,
        /// Meteorological, floods included.
        Met,
        /// General emergency and public safety.
        Safety,
        /// Law enforcement, military, homeland and local security.
        Security,
        /// Rescue and recovery.
        Rescue,
        /// Fire suppression and rescue.
        Fire,
        /// Medical and public health.
        Health,
        /// Pollution and other harm to the environment.
        Env,
        /// Public and private transport.
        Transport,
        /// Utilities, telecommunication, other infrastructure.
        Infra,
        /// Chemical, biological, radiological, nuclear or high-yield
        /// explosive threat or attack.
        CBRNE,
        /// Other events.
        Other,
    }
    /// `responseType` (CAP 1.2, 3.2.2): what the public should do.
    ResponseType {
        /// Take shelter in place.
        Shelter,
        /// Leave, as instructed.
        Evacuate,
        /// Make preparations.
        Prepare,
        /// Carry out a planned activity.
        Execute,
        /// Keep away from the place.
        Avoid,
        /// Attend to sources of information.
        Monitor,
        /// Evaluate the information; not for public warnings.
        Assess,
        /// The danger or concern is over.
        AllClear,
        /// Nothing is recommended.
        None,
    }
    /// `urgency` (CAP 1.2, 3.2.2).
    Urgency {
        /// Act at once.
        Immediate,
        /// Act soon, within the next hour.
        Expected,
        /// Act in the near future.
        Future,
        /// No action is needed any more.
        Past,
        /// Not known.
        Unknown,
    }
    /// `severity` (CAP 1.2, 3.2.2).
    Severity {
        /// Extraordinary threat to life or property.
        Extreme,
        /// Significant threat.
        Severe,
        /// Possible threat.
        Moderate,
        /// Minimal or no known threat.
        Minor,
        /// Not known.
        Unknown,
    }
    /// `certainty` (CAP 1.2, 3.2.2).
    Certainty {
        /// Has happened or is going on.
        Observed,
        /// Probability above about one half.
        Likely,
        /// Possible, probability of about one half or less.
        Possible,
        /// Probability of about nought.
        Unlikely,
        /// Not known.
        Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_nothing_else_does() {
        for code in Category::ALL {
            assert_eq!(Category::from_code(code.as_str()), Some(*code));
        }
        for code in ResponseType::ALL {
            assert_eq!(ResponseType::from_code(code.as_str()), Some(*code));
        }
        for other in ["", "actual", " Actual", "Actual ", "Real"] {
            assert_eq!(Status::from_code(other), None, "{other}");
        }
    }

    #[test]
    fn the_lists_are_as_long_as_the_standards() {
        let lengths = [
            Status::ALL.len(),
            MsgType::ALL.len(),
            Category::ALL.len(),
            ResponseType::ALL.len(),
            Urgency::ALL.len(),
            Severity::ALL.len(),
            Certainty::ALL.len(),
        ];
        assert_eq!(lengths, [5, 5, 12, 9, 5, 5, 5]);
    }
}
