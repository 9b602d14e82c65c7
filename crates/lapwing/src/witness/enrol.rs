//! `lapwing witness enrol`: join a cell.

use lapwing_model::{Place, Sector};
use lapwing_witness::Standing;

use super::{Session, Witnessing, invite};
use crate::clock;

/// Asks the desk to know this witness. The answer comes with a drop: see `lapwing witness inbox`.
#[derive(clap::Args)]
pub(crate) struct Enrol {
    #[command(flatten)]
    me: Witnessing,
    /// Latitude of a place near which most will be seen (WGS 84 decimal degrees): within about 50 km of it whispers
    /// can name places. It is rounded to half a degree
    #[arg(long, allow_negative_numbers = true)]
    lat: f64,
    /// Longitude of that place
    #[arg(long, allow_negative_numbers = true)]
    lon: f64,
    /// The invite: its eight words, or the 22 digits of its code
    #[arg(required = true, value_name = "INVITE")]
    invite: Vec<String>,
}

impl Enrol {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let invite = invite::read(&self.invite.join(" "))?;
        let sector = Sector::around(Place::from_degrees(self.lat, self.lon)?);
        let mut session = Session::open(&self.me.way, Some(&self.me.state)).await?;
        anyhow::ensure!(
            session.me.phone.standing() != Some(Standing::Known),
            "the desk knows this witness already; use another state file"
        );
        let (phone, rng) = (&mut session.me.phone, &mut session.me.rng);
        let envelope = phone.enrol(rng, invite, sector, clock::now())?;
        let delivered = session.send(&envelope, self.me.passes.as_deref()).await?;
        println!(
            "{}",
            serde_json::json!({ "asked": true, "tries": delivered.tries })
        );
        Ok(())
    }
}
