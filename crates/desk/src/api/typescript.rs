//! The pages' types are those of `types.rs`: this test fails when `web/desk/src/api/types/` is
//! stale, and writes it afresh with `BLESS=1`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use ts_rs::{Config, TS};

use super::types;

const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/desk/src/api/types");

fn files(dir: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

fn generated() -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(dir.path());
    macro_rules! export {
        ($($ty:ident),*) => { $(<types::$ty as TS>::export_all(&config).unwrap();)* };
    }
    export!(
        CallBegun,
        CallView,
        CallWords,
        CellFounding,
        CellList,
        CellUnlocked,
        CellUnlocking,
        CellView,
        CodebookMade,
        CodebookRequest,
        IncidentChanges,
        IncidentDetail,
        IncidentList,
        InviteMade,
        InviteRequest,
        MessageRequest,
        Overview,
        ProblemView,
        PublishRequest,
        VerdictRequest,
        Warning,
        WarningDraft,
        WarningList
    );
    let mut all = files(dir.path());
    let mut index = String::from("// Generated with the types beside it. Do not edit.\n");
    for name in all.keys() {
        let name = name.trim_end_matches(".ts");
        writeln!(index, "export type {{ {name} }} from \"./{name}\";").unwrap();
    }
    all.insert("index.ts".into(), index);
    all
}

#[test]
fn the_pages_have_the_types_of_this_server() {
    let (now, kept) = (generated(), files(Path::new(TARGET)));
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(TARGET).unwrap();
        for name in kept.keys().filter(|name| !now.contains_key(*name)) {
            fs::remove_file(Path::new(TARGET).join(name)).unwrap();
        }
        for (name, text) in &now {
            fs::write(Path::new(TARGET).join(name), text).unwrap();
        }
        return;
    }
    assert_eq!(
        now, kept,
        "stale: run `BLESS=1 cargo test -p lapwing-desk typescript`"
    );
}
