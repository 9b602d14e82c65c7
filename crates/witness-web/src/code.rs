//! Stable short names of refusals, for which the app has words.

use lapwing_seal::ReplyChainsError;
use lapwing_wire::BulletinError;
use lapwing_witness::{ComposeError, InboxError, PhoneError};

/// The name of a refusal. The app's words depend on these: change them together.
pub fn code_of(why: &PhoneError) -> &'static str {
    match why {
        PhoneError::RootKey => "root-key",
        PhoneError::Bulletin(BulletinError::RootKey) => "bulletin-other-desk",
        PhoneError::Bulletin(BulletinError::Signature) => "bulletin-signature",
        PhoneError::Bulletin(_) => "bulletin-malformed",
        PhoneError::Older { .. } | PhoneError::OlderDrops { .. } => "bulletin-older",
        PhoneError::Expired => "bulletin-expired",
        PhoneError::Form(_) => "form",
        PhoneError::NoBulletin => "no-bulletin",
        PhoneError::NoKey(_) => "no-key",
        PhoneError::Compose(ComposeError::Note(_)) => "note-long",
        PhoneError::Compose(ComposeError::Future) => "future",
        PhoneError::Compose(ComposeError::Place(_)) => "place",
        PhoneError::Compose(_) => "draft",
        PhoneError::NotKnown => "not-known",
        PhoneError::NoBucket => "no-bucket",
        PhoneError::Kept => "kept",
        PhoneError::Inbox(InboxError::Chains(ReplyChainsError::TooFar { .. })) => "away",
        PhoneError::Inbox(_) => "drop",
        PhoneError::NoDrops => "no-drops",
        PhoneError::Message(_) => "message",
        PhoneError::Misfits(_) => "misfits",
        PhoneError::UsedUp => "used-up",
        // A bulletin's key that cannot be sealed to, and whatever later versions add.
        _ => "seal",
    }
}
