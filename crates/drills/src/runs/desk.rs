//! Drill 3, and what a closed epoch leaves.

use lapwing_desk::drill::{disk, forgetting};
use serde_json::json;

use super::{short, tell};

pub(crate) fn desk() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let found = disk(dir.path(), 1)?;
    tell(
        "desk-disk-seized",
        "marks of reports, cells, witnesses and passphrases in all files, without the key",
        (found.without_key as f64, 0.0),
        found.unencrypted >= found.marks && found.with_key > 0,
        &json!({
            "marks": found.marks,
            "bytes_searched": found.searched,
            "found_unencrypted": found.unencrypted,
            "found_with_the_key": found.with_key,
        }),
    );
    tell(
        "desk-disk-seized",
        "records and marks of another cell, with the key and one coordinator's passphrase",
        ((found.other_cell + found.other_records) as f64, 0.0),
        found.control > 0 && found.own_cell > 0,
        &json!({
            "own_records_opened": found.own_records,
            "found_with_its_own_passphrase": found.control,
        }),
    );
    tell(
        "desk-disk-seized",
        "what coordinators wrote and has not come yet, with the key and no passphrase",
        (found.waiting as f64, 0.0),
        found.waiting_control > 0,
        &json!({ "found_under_the_key_alone": found.waiting_control }),
    );
    tell(
        "desk-disk-seized",
        "rows that say of which cell a witness is, with the key and no passphrase",
        (found.membership as f64, 0.0),
        found.membership_control > 0,
        &json!({ "found_where_rows_say_so": found.membership_control }),
    );
    let dir = tempfile::tempdir()?;
    let finding = forgetting(dir.path(), 1)?;
    tell(
        "desk-seized-after-closing",
        finding.measure,
        (finding.value, finding.bound),
        finding.control_caught,
        &json!({
            "auc": short(finding.auc),
            "auc_of_control": short(finding.auc_of_control),
            "auc_within_incidents": short(finding.auc_within_incidents),
            "pairs": finding.pairs,
        }),
    );
    tell(
        "desk-seized-after-closing",
        "pseudonyms and tags in all files and decrypted pages",
        (finding.found as f64, 0.0),
        finding.control_caught,
        &json!({}),
    );
    anyhow::ensure!(
        finding.held || finding.found > 0 || finding.value > finding.bound,
        "the drill of a closed epoch could not read what it should have searched"
    );
    Ok(())
}
