//! `lapwing witness whisper`: one observation in fourteen words.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use lapwing_model::Manner;
use lapwing_witness::PhoneError;
use lapwing_words::{Language, Style, Symbol, encode, pack};
use serde_json::json;

use super::{Me, seen::Seen};
use crate::{clock, relay_client::root_key};

/// Prints words to be said over a call, and the two by which the desk shows that it heard them. Needs no network.
#[derive(clap::Args)]
pub(crate) struct Whisper {
    /// The desk's root key (64 hex digits), as `lapwing desk key` prints it
    #[arg(long, value_name = "HEX")]
    desk_root_key: String,
    /// File that keeps who one is (`lapwing witness enrol`)
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    #[command(flatten)]
    seen: Seen,
    /// Whose words
    #[arg(long, value_parser = ["uk", "en"])]
    lang: String,
    /// Code of one of the form's phrases
    #[arg(long)]
    phrase: Option<u8>,
    /// For practice: it never enters an incident
    #[arg(long)]
    drill: bool,
    /// Said under duress: the desk answers as usual, and lets the coordinator know
    #[arg(long)]
    duress: bool,
    /// How it looks as a text message
    #[arg(long, default_value = "plain", value_parser = ["plain", "latin", "errand"])]
    style: String,
}

impl Whisper {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let language = Language::from_code(&self.lang).context("no such list of words")?;
        let mut me = Me::recall(root_key(&self.desk_root_key)?, Some(&self.state))?;
        let now = clock::now();
        let draft = self.seen.draft(me.phone.form(), now)?;
        let manner = Manner {
            phrase: self.phrase,
            drill: self.drill,
            duress: self.duress,
        };
        let (whisper, answer) = match me.phone.whisper(&draft, manner, now) {
            Ok(said) => said,
            Err(PhoneError::Misfits(all)) => {
                let all: Vec<_> = all.iter().map(ToString::to_string).collect();
                bail!("leave this out or send it as a report: {}", all.join("; "));
            }
            Err(why) => return Err(why.into()),
        };
        me.keep()?;
        let words = encode(&pack(&whisper.to_bytes())?);
        let style = match self.style.as_str() {
            "latin" => Style::Latin,
            "errand" => Style::Errand(0),
            _ => Style::Plain,
        };
        let answer = answer.words().map(|word| {
            let symbol = Symbol::new(word).expect("eleven bits");
            language.word(symbol)
        });
        println!(
            "{}",
            json!({ "words": language.message(&words, style), "answer": answer })
        );
        Ok(())
    }
}
