//! `lapwing words`: 110 bits to fourteen words and back, for trying it out.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use lapwing_words::{
    Decoded, Language, Offer, Slip, Symbol, Unread, WORDS, decode, encode, pack, slips, unpack,
};
use serde_json::{Value, json};

/// Words in place of bits.
#[derive(clap::Subcommand)]
pub(crate) enum Words {
    /// Say 110 bits in fourteen words
    Encode(Encode),
    /// Read fourteen words; up to two wrong or four missing ones are mended
    ///
    /// Prints one line of JSON: `hex` (28 digits, or null), `corrected` (positions from 1), `status` (ok, corrected or
    /// refused). Words that are not in the list count as missing and are listed under `unread`; slips of one position
    /// that would explain a refusal are listed under `offers`. Ends with 0, with 1 when refused, with 2 when what was
    /// given makes no sense. A corrected report is not an accepted one: only the tag in its bits tells.
    Decode(Decode),
}

/// What to say.
#[derive(clap::Args)]
pub(crate) struct Encode {
    /// Whose words
    #[arg(long, value_parser = ["uk", "en"])]
    lang: String,
    /// 28 hexadecimal digits, the last two bits zero
    hex: String,
}

/// What was heard.
#[derive(clap::Args)]
pub(crate) struct Decode {
    /// Whose words
    #[arg(long, value_parser = ["uk", "en"])]
    lang: String,
    /// The words in order, `_` for one that is missing
    #[arg(required = true)]
    words: Vec<String>,
}

/// What a shell can tell from a failure that is not the words' own.
const NO_SENSE: u8 = 2;

impl Words {
    /// Runs it.
    pub(crate) fn run(&self) -> ExitCode {
        let done = match self {
            Self::Encode(encode) => encode.run(),
            Self::Decode(decode) => decode.run(),
        };
        done.unwrap_or_else(|why| {
            eprintln!("lapwing: {why:#}");
            ExitCode::from(NO_SENSE)
        })
    }
}

fn language(code: &str) -> anyhow::Result<Language> {
    Language::from_code(code).with_context(|| format!("no word list for `{code}`"))
}

impl Encode {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let language = language(&self.lang)?;
        let bytes = hex::decode(&self.hex)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .with_context(|| {
                format!(
                    "28 hexadecimal digits are needed, and {} characters were given that are not that",
                    self.hex.chars().count()
                )
            })?;
        let data = pack(&bytes)
            .context("a report has 110 bits: the last of the 28 digits must be 0, 4, 8 or c")?;
        let words = encode(&data).map(|symbol| language.word(symbol));
        println!("{}", words.join(" "));
        Ok(ExitCode::SUCCESS)
    }
}

impl Decode {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let language = language(&self.lang)?;
        if self.words.len().abs_diff(WORDS) > 1 {
            bail!(
                "a report has {WORDS} words, {} were given: write _ for each word that is missing",
                self.words.len()
            );
        }
        let mut unread = Vec::new();
        let mut heard = Vec::with_capacity(self.words.len());
        for (at, text) in self.words.iter().enumerate() {
            heard.push(match text.as_str() {
                "_" => None,
                text => language
                    .index(text)
                    .map_err(|why| unread.push(not_read(language, at, text, why)))
                    .ok(),
            });
        }
        let decoded = <[_; WORDS]>::try_from(heard.as_slice())
            .ok()
            .and_then(|heard| decode(&heard).ok());
        let mut said = match &decoded {
            Some(decoded) => read(decoded),
            None => json!({ "hex": null, "corrected": [], "status": "refused" }),
        };
        if !unread.is_empty() {
            said["unread"] = unread.into();
        }
        if decoded.is_none() {
            let offers: Vec<Value> = slips(&heard).iter().map(offered).collect();
            if !offers.is_empty() {
                said["offers"] = offers.into();
            }
        }
        println!("{said}");
        if decoded.is_none() {
            eprintln!(
                "lapwing: no report is within two wrong or four missing words; ask for the words again, each once, and write _ \
                 for any that you are not sure of"
            );
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn read(decoded: &Decoded) -> Value {
    let corrected: Vec<usize> = decoded.corrected.iter().map(|at| at + 1).collect();
    let status = if corrected.is_empty() {
        "ok"
    } else {
        "corrected"
    };
    json!({ "hex": hex::encode(unpack(&decoded.data)), "corrected": corrected, "status": status })
}

fn offered(offer: &Offer) -> Value {
    let (slip, at) = match offer.slip {
        Slip::LeftOut(at) => ("left-out", at),
        Slip::SaidTwice(at) => ("said-twice", at),
        Slip::Swapped(at) => ("swapped", at),
    };
    let mut value = read(&offer.decoded);
    value["slip"] = slip.into();
    value["position"] = (at + 1).into();
    value
}

fn not_read(language: Language, at: usize, text: &str, why: Unread) -> Value {
    let (reason, meant): (_, Vec<Symbol>) = match why {
        Unread::Unknown { near } => ("unknown", near),
        Unread::Ambiguous { candidates } => ("ambiguous", candidates),
        _ => ("unknown", Vec::new()),
    };
    let meant: Vec<&str> = meant.iter().map(|&symbol| language.word(symbol)).collect();
    json!({ "position": at + 1, "text": text, "reason": reason, "candidates": meant })
}
