//! The printed page, worked through as somebody with a pencil does: only by what stands on it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lapwing_codebook::{Book, PLACES_MAX, Said, Sheet};
use lapwing_model::{Form, Known, Place};
use lapwing_words::{Language, Symbol};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn sheet() -> Sheet {
    let place = |n: usize| Place::from_degrees(48.0 + n as f64 / 50.0, 37.5).unwrap();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    Sheet::generate(&mut rng, (0..PLACES_MAX).map(place).collect(), 120).unwrap()
}

fn names() -> Vec<String> {
    (1..=PLACES_MAX)
        .map(|n| format!("Place <{n}> & Co"))
        .collect()
}

/// What stands between two marks, wherever the first one is.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> Vec<&'a str> {
    let parts = text.split(before).skip(1);
    parts
        .map(|part| part.split(behind).next().unwrap())
        .collect()
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    between(row, "<td>", "</td>")
        .iter()
        .map(|cell| cell.replace("<b>", "").replace("</b>", ""))
        .collect()
}

/// Number and share of what is printed with this label, in the section of this number.
fn code(page: &str, section: usize, label: &str) -> (u16, u16) {
    let section = between(page, "<section", "</section>")[section];
    let line = between(section, "<li>", "</li>")
        .into_iter()
        .find(|line| line.starts_with(&format!("<span>{label}</span>")))
        .unwrap();
    let number = between(line, "<b>", "</b>")[0].parse().unwrap();
    (number, between(line, "<i>(", ")</i>")[0].parse().unwrap())
}

/// The word in the list, by the last two digits and what is before them.
fn word(page: &str, number: u16) -> String {
    let list = between(page, "<table class=\"list\">", "</table>")[0];
    let line = between(list, "<tr>", "</tr>")
        .into_iter()
        .find(|line| line.starts_with(&format!("<th>{:02}</th>", number % 100)))
        .unwrap();
    cells(line)[usize::from(number / 100)].clone()
}

#[test]
fn whoever_follows_the_page_is_understood() {
    let form = Form::civil_protection();
    for &language in Language::ALL {
        let sheet = sheet();
        let page = sheet.page(&form, &names(), language);
        let kind = form.kind(9).unwrap();
        let (label, yesterday) = match language {
            Language::English => (&kind.label.en, "heard it yesterday"),
            Language::Ukrainian => (&kind.label.uk, "чули вчора"),
        };
        let what = code(&page, 0, label);
        let place = code(&page, 1, "Place &lt;7&gt; &amp; Co");
        let many = code(&page, 2, &page_count(language));
        let way = code(&page, 3, yesterday);
        let hour = code(&page, 4, "22");
        let pad = between(&page, "<table class=\"pad\">", "</table>")[0];
        // Behind the titles and the row for practice.
        let row = cells(between(pad, "<tr>", "</tr>")[5]);
        let number = |at: usize| row[at].parse::<u16>().unwrap();
        let sums = [
            what.0 + many.0 + number(2),
            place.0 + number(3),
            hour.0 + way.0 + number(4),
            what.1 + many.1 + place.1 + hour.1 + way.1 + number(5),
        ];
        let mut said = vec![row[1].split(' ').next_back().unwrap().to_owned()];
        said.extend(sums.map(|sum| word(&page, sum % 2_048)));
        let heard: Vec<Symbol> = said
            .iter()
            .map(|word| language.index(word).unwrap())
            .collect();
        let mut book = Book::default();
        book.enter(3, sheet);
        let opened = book.open(&heard.try_into().unwrap()).unwrap();
        let meant = Said {
            kind: 9,
            count: 3,
            place: 7,
            hour: 22,
            yesterday: true,
            known: Known::Heard,
        };
        assert_eq!((opened.row, opened.said), (4, meant));
        assert_eq!(language.word(opened.answer), row[6]);
    }
}

fn page_count(language: Language) -> String {
    match language {
        Language::English => "5 to 15".to_owned(),
        Language::Ukrainian => "5–15".to_owned(),
    }
}

#[test]
fn every_word_is_printed_at_its_number_and_nothing_is_fetched() {
    for &language in Language::ALL {
        let page = sheet().page(&Form::civil_protection(), &names(), language);
        for (number, listed) in (0..).zip(language.words()) {
            assert_eq!(word(&page, number), listed);
        }
        for fetched in ["http", "url(", "<script", "<img", "<link", "@import"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
    }
}

#[test]
fn the_example_adds_up() {
    for &language in Language::ALL {
        let page = sheet().page(&Form::civil_protection(), &names(), language);
        let example = between(&page, "<div class=\"example\">", "</div>")[0];
        let lines: Vec<&str> = example.split("<br>").skip(1).collect();
        assert_eq!(lines.len(), 4);
        for line in lines {
            let numbers = |text: &str| -> u16 {
                text.split(['+', '(', ')', ' '])
                    .filter_map(|n| n.parse::<u16>().ok())
                    .sum()
            };
            let (sum, rest) = line.split_once(" = ").unwrap();
            let total: u16 = rest.split([';', ' ']).next().unwrap().parse().unwrap();
            assert_eq!(numbers(sum), total, "{line}");
            let reduced = rest
                .split(" → ")
                .next()
                .unwrap()
                .rsplit(' ')
                .next()
                .unwrap();
            assert_eq!(reduced.parse::<u16>().unwrap(), total % 2_048, "{line}");
            let named = between(line, "<b>", "</b>")[0];
            assert_eq!(named, word(&page, total % 2_048), "{line}");
        }
    }
}

#[test]
fn rows_that_were_used_are_not_printed_again() {
    let mut book = Book::default();
    book.enter(1, sheet());
    let pad = |sheet: &Sheet| {
        let page = sheet.page(&Form::civil_protection(), &names(), Language::English);
        between(&page, "<table class=\"pad\">", "</table>")[0].to_owned()
    };
    let before = pad(book.sheet(1).unwrap());
    let gone = between(&before, "<tr>", "</tr>")[3].to_owned();
    let after = pad(book.burn(1, 2).unwrap());
    assert!(!after.contains(&gone));
    assert_eq!(between(&after, "<tr>", "</tr>").len(), 11);
}
