//! What the app shows of a bulletin.

use lapwing_wire::{Bulletin, BulletinWarning, PassIssuer, WarningState};
use serde_json::{Value, json};

pub(crate) fn bulletin(bulletin: &Bulletin) -> Value {
    let region = &bulletin.region;
    json!({
        "number": bulletin.number,
        "issued": bulletin.issued,
        "expires": bulletin.expires,
        "keys_until": bulletin.keys.last().map(|key| key.epoch.ends()),
        "region": [
            region.south_west.lon(),
            region.south_west.lat(),
            region.north_east.lon(),
            region.north_east.lat(),
        ],
        "drops": bulletin.drops.map(|drops| json!({
            "number": drops.number,
            "period_s": drops.period_s,
            "buckets": drops.buckets,
        })),
        "passes": bulletin.passes.as_ref().map(passes),
        "warnings": bulletin.warnings.iter().map(warning).collect::<Vec<_>>(),
    })
}

/// Where passes are fetched, and under which keys alone.
fn passes(issuer: &PassIssuer) -> Value {
    let keys = issuer.keys.iter();
    let keys = keys.map(|known| {
        let modulus = hex::encode(known.key.modulus());
        json!({ "epoch": known.epoch.0, "modulus": modulus })
    });
    json!({ "url": issuer.url, "keys": keys.collect::<Vec<_>>() })
}

fn warning(warning: &BulletinWarning) -> Value {
    let texts = warning.texts.iter().map(|text| {
        let words = json!({
            "headline": text.headline,
            "description": text.description,
            "instruction": text.instruction,
            "area": text.area,
        });
        (text.lang.clone(), words)
    });
    json!({
        "id": warning.id,
        "kind": warning.kind,
        "active": warning.state == WarningState::Active,
        "sent": warning.sent,
        "expires": warning.expires,
        "severity": warning.severity,
        "urgency": warning.urgency,
        "lat": warning.centre.lat(),
        "lon": warning.centre.lon(),
        "radius_m": warning.radius_m,
        "texts": texts.collect::<serde_json::Map<_, _>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_model::{Place, Region};
    use lapwing_wire::{Drops, IssuerKey, KeyEpoch, PassEpoch, PassKey, ReceptionKey, WarningText};

    #[test]
    fn a_bulletin_is_shown_with_west_first_and_its_warnings_by_language() {
        let at = |lat, lon| Place::from_degrees(lat, lon).unwrap();
        let text = |lang: &str, headline: &str| WarningText {
            lang: lang.to_owned(),
            headline: headline.to_owned(),
            description: String::new(),
            instruction: String::new(),
            area: String::new(),
        };
        let shown = bulletin(&Bulletin {
            root_key: [0; 32],
            number: 7,
            issued: 100,
            expires: 200,
            region: Region {
                south_west: at(44.0, 22.0),
                north_east: at(52.5, 40.25),
            },
            keys: vec![ReceptionKey {
                epoch: KeyEpoch(3),
                public: Box::new([0; 1_216]),
            }],
            form: Vec::new(),
            warnings: vec![BulletinWarning {
                id: "w".to_owned(),
                kind: 2,
                state: WarningState::Cancelled,
                sent: 100,
                expires: 150,
                severity: "Severe".to_owned(),
                urgency: "Immediate".to_owned(),
                certainty: "Likely".to_owned(),
                centre: at(48.0, 37.5),
                radius_m: 2_000,
                texts: vec![text("uk", "Обстріл"), text("en", "Shelling")],
            }],
            files: Vec::new(),
            drops: Some(Drops {
                number: 9,
                period_s: 3_600,
                buckets: 4,
            }),
            passes: Some(PassIssuer {
                url: "https://issuer.example".to_owned(),
                keys: vec![IssuerKey {
                    epoch: PassEpoch(741),
                    key: PassKey::from_modulus(&[0xab; 256]).unwrap(),
                }],
            }),
        });
        let passes = json!({
            "url": "https://issuer.example",
            "keys": [{ "epoch": 741, "modulus": "ab".repeat(256) }],
        });
        assert_eq!(shown["passes"], passes);
        assert_eq!(shown["region"], json!([22.0, 44.0, 40.25, 52.5]));
        let drops = json!({ "number": 9, "period_s": 3_600, "buckets": 4 });
        assert_eq!(shown["drops"], drops);
        assert_eq!(shown["keys_until"], json!(KeyEpoch(3).ends()));
        assert_eq!(shown["warnings"][0]["active"], json!(false));
        assert_eq!(
            shown["warnings"][0]["texts"]["en"]["headline"],
            json!("Shelling")
        );
        assert_eq!(
            shown["warnings"][0]["texts"]["uk"]["headline"],
            json!("Обстріл")
        );
    }
}
