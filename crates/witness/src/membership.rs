//! What a phone keeps once it has asked to be known.

use lapwing_seal::{
    BucketSecret, By, ChainKey, CheckIn, Enrolment, Invite, Known, Purpose, ReplyChains,
    RootSecret, Said, Speaker,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// Version 1 · standing 1 · chain of what is said 32 · chain of renewals 32.
const MEMBERSHIP_LEN: usize = 1 + 1 + 32 + 32;

/// How a phone stands with its desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has asked and has no answer yet. Until then it reports as an unknown witness: an enrolment
    /// that comes late, or never, must not take reports with it.
    Asked,
    /// The desk knows it.
    Known,
}

/// The chains of an enrolment by which the phone speaks; those by which it hears are the
/// [`Inbox`](crate::Inbox)'s.
pub(crate) struct Membership {
    standing: Standing,
    speaker: Speaker,
    renewals: Speaker,
}

impl Membership {
    /// Asks to join by an invite.
    pub(crate) fn by_invite(
        rng: &mut impl CryptoRng,
        invite: Invite,
        bucket: BucketSecret,
        drops: u32,
    ) -> (Self, ReplyChains, Enrolment) {
        let root = RootSecret::generate(rng);
        let membership = Self::of(&root, Standing::Asked);
        let replies = ReplyChains::new(&root, drops);
        let enrolment = Enrolment {
            root,
            bucket,
            drops,
            by: By::Invite(invite),
        };
        (membership, replies, enrolment)
    }

    /// Begins anew: what anybody has copied from this phone before serves no more.
    pub(crate) fn renew(
        &mut self,
        rng: &mut impl CryptoRng,
        bucket: BucketSecret,
        drops: u32,
    ) -> (ReplyChains, Enrolment) {
        let root = RootSecret::generate(rng);
        let (id, key) = self.renewals.take();
        *self = Self::of(&root, self.standing);
        let replies = ReplyChains::new(&root, drops);
        (replies, Enrolment::renewal(root, bucket, drops, (id, &key)))
    }

    fn of(root: &RootSecret, standing: Standing) -> Self {
        Self {
            standing,
            speaker: Speaker::new(root.chain(Purpose::Mac)),
            renewals: Speaker::new(root.chain(Purpose::Renewal)),
        }
    }

    /// How the phone stands.
    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    /// The desk has answered.
    pub(crate) fn welcome(&mut self) {
        self.standing = Standing::Known;
    }

    /// Says something at the next step. The membership must be kept before it is sent: a step is never
    /// used twice.
    pub(crate) fn say(&mut self, said: Said) -> Known {
        let (id, key) = self.speaker.take();
        Known::say((id, &key), said)
    }

    /// That the phone is there, and which replies it has.
    pub(crate) fn check_in(&mut self, mut acks: Vec<u32>, well: bool) -> Known {
        acks.sort_unstable();
        acks.dedup();
        acks.truncate(lapwing_seal::ACKS_MAX);
        self.say(Said::CheckIn(CheckIn { acks, well }))
    }

    /// For keeping in the vault.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(MEMBERSHIP_LEN));
        out.push(VERSION);
        out.push(match self.standing {
            Standing::Asked => 0,
            Standing::Known => 1,
        });
        out.extend_from_slice(self.speaker.chain().as_bytes());
        out.extend_from_slice(self.renewals.chain().as_bytes());
        out
    }

    /// Takes back what was kept; `None` when it is not exactly that. Total.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (standing, rest) = rest.split_first()?;
        let (speaker, rest) = rest.split_first_chunk()?;
        let renewals = rest.try_into().ok()?;
        let standing = match standing {
            0 => Standing::Asked,
            1 => Standing::Known,
            _ => return None,
        };
        (*version == VERSION).then(|| Self {
            standing,
            speaker: Speaker::new(ChainKey::from_bytes(*speaker)),
            renewals: Speaker::new(ChainKey::from_bytes(renewals)),
        })
    }
}

/// Says how it stands and no secret.
impl core::fmt::Debug for Membership {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Membership({:?})", self.standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    #[test]
    fn what_was_kept_reads_back_at_every_length_but_its_own_it_does_not() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let bucket = BucketSecret::generate(&mut rng);
        let invite = Invite::generate(&mut rng);
        let (mut membership, _, _) = Membership::by_invite(&mut rng, invite, bucket, 9);
        membership.say(Said::Message("x".into()));
        membership.welcome();
        let kept = membership.to_bytes();
        let again = Membership::from_bytes(&kept).unwrap();
        assert_eq!(again.to_bytes(), kept);
        assert_eq!(again.standing(), Standing::Known);
        for cut in 0..kept.len() {
            assert!(Membership::from_bytes(&kept[..cut]).is_none(), "{cut}");
        }
        let mut long = kept.to_vec();
        long.push(0);
        assert!(Membership::from_bytes(&long).is_none());
        for (at, wrong) in [(0, 2), (1, 2)] {
            let mut bytes = kept.to_vec();
            bytes[at] = wrong;
            assert!(Membership::from_bytes(&bytes).is_none());
        }
    }
}
