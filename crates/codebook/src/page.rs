//! The sheet as it is printed: one page of A4, HTML without scripts or anything from elsewhere.

use std::fmt::Write as _;

use lapwing_model::{Form, Texts};
use lapwing_words::{COUNT, Language};

use crate::said::{COUNT_STEPS, HOURS, UNIT, WAYS};
use crate::sheet::{Row, Sheet};

mod texts;

use texts::Printed;

/// Words under one another: the last two digits of a number are the row, what is before them is the column.
const LINES: usize = 100;
const STYLE: &str = include_str!("page/style.css");

/// A row that no sheet uses, to show how it is done.
const EXAMPLE: Row = Row {
    number: 1_234,
    pads: [1_500, 2_030, 700],
    check: 1_900,
    answer: 321,
};

impl Sheet {
    /// The page, with the names of the places in the order of their numbers. Rows that were used are left out.
    pub fn page(&self, form: &Form, places: &[String], language: Language) -> String {
        let printed = Printed::of(language);
        let words: Vec<&str> = language.words().collect();
        let mut out = String::new();
        let code = language.code();
        let _ = write!(
            out,
            "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\">\
             <title>{}</title><style>{STYLE}</style></head><body><main>",
            printed.title
        );
        self.head(&mut out, printed);
        out.push_str("<div class=\"parts\"><div>");
        self.pad(&mut out, printed, &words);
        self.example(&mut out, printed, form, places, &words);
        out.push_str("</div>");
        self.codes(&mut out, printed, form, places);
        out.push_str("</div>");
        list(&mut out, &words);
        out.push_str("</main></body></html>");
        out
    }

    fn head(&self, out: &mut String, printed: &Printed) {
        let clock = self.clock_min();
        let sign = if clock < 0 { '−' } else { '+' };
        let (hours, minutes) = (clock.abs() / 60, clock.abs() % 60);
        let _ = write!(
            out,
            "<header><b>{}</b> {} UTC{sign}{hours}:{minutes:02}</header><ol>",
            printed.title, printed.clock
        );
        for step in printed.steps {
            let _ = write!(out, "<li>{step}</li>");
        }
        out.push_str("</ol>");
    }

    fn pad(&self, out: &mut String, printed: &Printed, words: &[&str]) {
        out.push_str("<table class=\"pad\"><tr>");
        for title in printed.pad {
            let _ = write!(out, "<th>{title}</th>");
        }
        out.push_str("</tr>");
        for (n, row) in self.rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let name = if n == 0 {
                printed.practice.to_owned()
            } else {
                n.to_string()
            };
            let [what, place, when] = row.pads;
            let _ = write!(
                out,
                "<tr><td>{name}</td><td>{} <b>{}</b></td><td>{what}</td><td>{place}</td><td>{when}</td>\
                 <td>{}</td><td>{}</td></tr>",
                row.number,
                words[usize::from(row.number)],
                row.check,
                words[usize::from(row.answer)]
            );
        }
        out.push_str("</table>");
    }

    /// The first kind that takes a count, some, at the first place, at 14, seen today.
    fn example(
        &self,
        out: &mut String,
        printed: &Printed,
        form: &Form,
        places: &[String],
        words: &[&str],
    ) {
        let kind = form.kinds().iter().find(|kind| kind.count.is_some());
        let Some(kind) = kind.or(form.kinds().first()) else {
            return;
        };
        let (count, hour) = (2_usize, 14_usize);
        let code = usize::from(kind.code);
        let unit = UNIT;
        let numbers = [
            (unit * u16::from(kind.code), count as u16, EXAMPLE.pads[0]),
            (1, 0, EXAMPLE.pads[1]),
            (unit * hour as u16, 0, EXAMPLE.pads[2]),
        ];
        let shares = &self.shares;
        let check = [
            shares.kinds[code],
            shares.counts[count],
            shares.places[0],
            shares.hours[hour],
            shares.ways[0],
        ];
        let modulus = COUNT as u16;
        let named = |number: u16| words[usize::from(number % modulus)];
        let label = text(language_text(&kind.label, printed.language));
        let place = places.first().map(|name| text(name)).unwrap_or_default();
        let _ = write!(
            out,
            "<div class=\"example\"><b>{}</b> {label}, {}, {place}, {hour}:20, {}. {} <b>{}</b>",
            printed.example,
            printed.counts[count],
            printed.ways[0],
            printed.pad[1],
            words[usize::from(EXAMPLE.number)]
        );
        for (first, second, pad) in numbers {
            let sum = first + second + pad;
            let _ = write!(out, "<br>{first} + {second} + {pad} = {sum}");
            if sum >= modulus {
                let _ = write!(out, "; − {modulus} = {}", sum % modulus);
            }
            let _ = write!(out, " → <b>{}</b>", named(sum));
        }
        let sum: u16 = EXAMPLE.check + check.iter().sum::<u16>();
        let shares: Vec<String> = check.iter().map(u16::to_string).collect();
        let _ = write!(
            out,
            "<br>({}) + {} = {sum}",
            shares.join(" + "),
            EXAMPLE.check
        );
        if sum >= modulus {
            let times = sum / modulus;
            let _ = write!(out, "; − {} = {}", times * modulus, sum % modulus);
        }
        let _ = write!(out, " → <b>{}</b></div>", named(sum));
    }

    fn codes(&self, out: &mut String, printed: &Printed, form: &Form, places: &[String]) {
        let shares = &self.shares;
        let kinds = form.kinds().iter().map(|kind| {
            let code = u16::from(kind.code);
            let label = text(language_text(&kind.label, printed.language));
            (label, UNIT * code, shares.kinds[usize::from(kind.code)])
        });
        codes(out, "", printed.what, kinds);
        let counts = (0..COUNT_STEPS.len())
            .map(|n| (printed.counts[n].to_owned(), n as u16, shares.counts[n]));
        let names = places.iter().zip(0..self.places().len());
        let names = names.map(|(name, n)| (text(name), n as u16 + 1, shares.places[n]));
        codes(out, " wide", printed.place, names);
        out.push_str("<div>");
        codes(out, "", printed.how_many, counts);
        let ways = (0..WAYS).map(|n| (printed.ways[n].to_owned(), n as u16, shares.ways[n]));
        codes(out, "", printed.way, ways);
        let _ = write!(out, "<small>{}</small></div>", printed.brackets);
        let hours =
            (0..HOURS).map(|hour| (format!("{hour}"), UNIT * hour as u16, shares.hours[hour]));
        codes(out, "", printed.hour, hours);
    }
}

/// What can be said of one sort, each with its number and, in brackets, its share of the check.
fn codes(
    out: &mut String,
    class: &str,
    title: &str,
    codes: impl Iterator<Item = (String, u16, u16)>,
) {
    let _ = write!(out, "<section class=\"codes{class}\"><h2>{title}</h2><ul>");
    for (label, number, share) in codes {
        let _ = write!(
            out,
            "<li><span>{label}</span><b>{number}</b><i>({share})</i></li>"
        );
    }
    out.push_str("</ul></section>");
}

/// The list: numbers of rows stand at both edges and in the middle.
fn list(out: &mut String, words: &[&str]) {
    let columns = COUNT.div_ceil(LINES);
    let middle = columns / 2;
    out.push_str("<table class=\"list\"><tr><th></th>");
    for column in 0..columns {
        if column == middle {
            out.push_str("<th></th>");
        }
        let _ = write!(out, "<th>{column}</th>");
    }
    out.push_str("<th></th></tr>");
    for line in 0..LINES {
        let _ = write!(out, "<tr><th>{line:02}</th>");
        for column in 0..columns {
            if column == middle {
                let _ = write!(out, "<th>{line:02}</th>");
            }
            let word = words.get(column * LINES + line).unwrap_or(&"");
            let _ = write!(out, "<td>{word}</td>");
        }
        let _ = write!(out, "<th>{line:02}</th></tr>");
    }
    out.push_str("</table>");
}

fn language_text(texts: &Texts, language: Language) -> &str {
    match language {
        Language::English => &texts.en,
        Language::Ukrainian => &texts.uk,
    }
}

/// As text between tags.
fn text(raw: &str) -> String {
    raw.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
