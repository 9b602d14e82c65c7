//! What a person types of an invite.

use anyhow::Context as _;
use lapwing_seal::Invite;
use lapwing_words::read_invite;

/// Reads eight words, in either language, or the digits of a code, with `LAPWING:` before them or not.
pub(super) fn read(text: &str) -> anyhow::Result<Invite> {
    Invite::from_checked(&read_invite(text)?)
        .context("this is no invite: a word or digit is wrong, or two have changed places")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_invite_is_refused_with_what_to_mend() {
        let code = hex::encode(Invite::from_secret([7; 10]).with_check());
        assert_eq!(read(&code).unwrap(), Invite::from_secret([7; 10]));
        let swapped = code.replacen("07", "08", 1);
        for (text, why) in [
            ("слово", "22 digits"),
            ("xxxx yyyy zzzz", "eight words, not 3"),
            ("q1 q2 q3 q4 q5 q6 q7 q8", "word 1 is in neither"),
            (&swapped, "no invite"),
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
