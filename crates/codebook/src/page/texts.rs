//! What is printed, in both languages.

use lapwing_words::Language;

use crate::said::{COUNT_STEPS, WAYS};

pub(super) struct Printed {
    pub(super) language: Language,
    pub(super) title: &'static str,
    pub(super) clock: &'static str,
    pub(super) steps: [&'static str; 7],
    /// Row, first word, three numbers, check, answer.
    pub(super) pad: [&'static str; 7],
    pub(super) practice: &'static str,
    pub(super) example: &'static str,
    pub(super) what: &'static str,
    pub(super) how_many: &'static str,
    pub(super) counts: [&'static str; COUNT_STEPS.len()],
    pub(super) place: &'static str,
    pub(super) hour: &'static str,
    pub(super) way: &'static str,
    pub(super) ways: [&'static str; WAYS],
    pub(super) brackets: &'static str,
}

impl Printed {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Ukrainian => &UKRAINIAN,
        }
    }
}

const ENGLISH: Printed = Printed {
    language: Language::English,
    title: "Five words",
    clock: "Hours are by the clock of",
    steps: [
        "Take the next row. Each row serves <b>once</b>: never say other words with a row that you have used. The row for practice is for practice only.",
        "Write three sums: <b>A</b> what + how many + A of the row. <b>B</b> where + B of the row. <b>C</b> hour + how you know + C of the row. If a sum is 2048 or more, take 2048 away.",
        "Check: add the five numbers in brackets that stand beside what you chose, and the row's check. Take 2048 away until it is less than 2048. (2 × 2048 = 4096, 3 × = 6144, 4 × = 8192, 5 × = 10240.)",
        "Find the word of each of the four sums in the list: the last two digits are the line, what is before them is the column (1575: column 15, line 75; 8: column 0, line 08).",
        "Call. Say five words: the row's word, A, B, C, check. If you are asked, say the same words again.",
        "The desk must answer with the row's answer word. If it does not, hang up.",
        "Cut the row off and burn it, and your notes with it. Whoever finds this sheet knows that you report, and can speak in your name with the rows that are left.",
    ],
    pad: ["Row", "Say first", "A", "B", "C", "Check", "Answer"],
    practice: "practice",
    example: "Example, with a row that does not exist:",
    what: "What",
    how_many: "How many",
    counts: ["not said", "1", "2 to 4", "5 to 15", "16 to 50", "more"],
    place: "Where",
    hour: "Hour",
    way: "How you know",
    ways: [
        "saw it today",
        "heard it today",
        "was told, today",
        "saw it yesterday",
        "heard it yesterday",
        "was told, yesterday",
    ],
    brackets: "In brackets: for the check.",
};

const UKRAINIAN: Printed = Printed {
    language: Language::Ukrainian,
    title: "П’ять слів",
    clock: "Години — за годинником",
    steps: [
        "Візьміть наступний рядок. Кожен рядок діє <b>один раз</b>: ніколи не кажіть інших слів з рядком, який уже використали. Рядок для вправи — лише для вправи.",
        "Запишіть три суми: <b>A</b> що + скільки + A рядка. <b>B</b> де + B рядка. <b>C</b> година + звідки знаєте + C рядка. Якщо сума 2048 або більша, відніміть 2048.",
        "Перевірка: додайте п’ять чисел у дужках, що стоять біля вибраного, і перевірку рядка. Віднімайте 2048, доки не стане менше ніж 2048. (2 × 2048 = 4096, 3 × = 6144, 4 × = 8192, 5 × = 10240.)",
        "Знайдіть слово кожної з чотирьох сум у списку: дві останні цифри — лінія, те, що перед ними, — стовпець (1575: стовпець 15, лінія 75; 8: стовпець 0, лінія 08).",
        "Подзвоніть. Скажіть п’ять слів: слово рядка, A, B, C, перевірка. Якщо перепитають, скажіть ті самі слова ще раз.",
        "Вам мають відповісти словом-відповіддю рядка. Якщо ні — покладіть слухавку.",
        "Відріжте рядок і спаліть його разом із нотатками. Хто знайде цей аркуш, той знає, що ви повідомляєте, і може говорити від вашого імені рядками, які лишилися.",
    ],
    pad: [
        "Рядок",
        "Сказати першим",
        "A",
        "B",
        "C",
        "Перевірка",
        "Відповідь",
    ],
    practice: "вправа",
    example: "Приклад із рядком, якого немає:",
    what: "Що",
    how_many: "Скільки",
    counts: ["не кажу", "1", "2–4", "5–15", "16–50", "більше"],
    place: "Де",
    hour: "Година",
    way: "Звідки знаєте",
    ways: [
        "бачили сьогодні",
        "чули сьогодні",
        "сказали, сьогодні",
        "бачили вчора",
        "чули вчора",
        "сказали, вчора",
    ],
    brackets: "У дужках — для перевірки.",
};
