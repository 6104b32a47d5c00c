"""FT-Bench mini for ACI-Bench: short visits of which a note of three sections is written."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source

_ANSWER_TOKENS = 64
_SECTIONS = ("HPI", "EXAM", "PLAN")
_WORDS = {
    "part": "back hand head foot arm eye",
    "person": "anna ben clara david emma frank grace henry ivy jack laura mark",
    "friend": "vera will oscar paula ruth sam tom nina leo eva kim joe max zoe",
    "place": "garden kitchen harbour school market forest station library office village park museum",
    "thing": "car door boat stone bottle chair lamp train dog cat horse book hat",
    "number": "two three four five six",
    "count": "seven eight nine ten",
    "unit": "days weeks months",
}
_VALUES = {kind: tuple(words.split()) for kind, words in _WORDS.items()}
_COMPLAINTS = {
    "pain": ("hurts", "is sore", "aches", "is killing me"),
    "swelling": ("is swollen", "got big", "is puffy", "looks fat"),
    "rash": ("itches", "has red spots", "is all itchy", "is red and dry"),
    "numbness": ("is numb", "tingles", "went to sleep", "feels like wood"),
}
"""What people say, by what is noted; the first two of each are the plain ones."""
_TRIGGERS = {
    "nights": ("at night", "in bed", "when i sleep", "after dark"),
    "cold": ("in the cold", "when it snows", "on cold days", "in winter"),
    "work": ("at work", "at my desk", "on the job", "in the office"),
    "meals": ("after meals", "when i eat", "after dinner", "with food"),
}
_FINDINGS = {
    "tender": ("tender", "sore to touch", "you jump when i press", "pressing hurts"),
    "warm": ("warm", "hot to touch", "there is some heat", "it feels hot"),
    "normal": ("normal", "all fine", "nothing wrong here", "as it should be"),
    "bruised": ("bruised", "black and blue", "i see a bruise", "dark marks here"),
}
_TREATMENTS = {
    "ice": ("ice", "something cold", "a cold pack", "frozen peas"),
    "pills": ("pills", "some tablets", "a tablet", "medicine"),
    "rest": ("rest", "no sport", "take it easy", "lie down"),
    "cream": ("cream", "a lotion", "rub this in", "an ointment"),
}
_OPENINGS = (
    "hello {person} , what is wrong ?",
    "come in {person} , how are you ?",
    "so {person} , what can i do ?",
    "good to see you {person} .",
)
_COMPLAINING = (
    "my {part} {said} for {number} {unit} .",
    "{number} {unit} now my {part} {said} .",
    "well , my {part} {said} , {number} {unit} already .",
    "the {part} {said} , {number} {unit} now .",
)
_ANSWERING = (
    "{worse} , says {friend} .",
    "{friend} says {worse} .",
    "{worse} , and near the {thing} .",
    "{worse} , {friend} of the {place} too .",
)
_EXAMINING = ("the {part} , {seen} .", "{seen} , that {part} .", "well , {seen} , your {part} .")
_PLANNING = (
    "{given} , and back in {count} weeks .",
    "{given} , {count} weeks .",
    "{given} . see you in {count} weeks .",
)
_PETS = ("dog", "cat", "horse", "bird", "goat", "rabbit")


@cache
def edition(seed: int) -> Edition:
    """Sources, 100 validation and 100 test visits; no fair source holds a dialogue of theirs."""
    evaluation = list(_Pen(seed, "evaluation", ()).rows(200))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    made = [make(seed, evaluation) for make in makers]
    return sources.edition(made, evaluation, validation=100, max_new_tokens=_ANSWER_TOKENS)


class _Pen:
    """Writes visits; `ways` is how many of the four ways to say a thing are used, `dataset` how they were recorded."""

    def __init__(
        self,
        seed: int,
        purpose: str,
        taken: Sequence[Row],
        *,
        ways: int = 4,
        dataset: str = "virtscribe",
        parts: Sequence[str] = _VALUES["part"],
    ) -> None:
        self._pen = Pen("aci_bench", seed, purpose, text=_text).avoid(taken)
        self.rng = self._pen.rng
        self._ways = ways
        self._dataset = dataset
        self._parts = parts

    def rows(self, count: int) -> Iterator[dict[str, Any]]:
        """`count` rows."""
        return self._pen.rows(count, self._row)

    def _row(self, draw: Random) -> dict[str, Any]:
        facts = {kind: draw.choice(values) for kind, values in _VALUES.items()}
        facts["part"] = draw.choice(self._parts)
        facts |= self._told("kind", "said", _COMPLAINTS, draw)
        facts |= self._told("trigger", "worse", _TRIGGERS, draw)
        facts |= self._told("finding", "seen", _FINDINGS, draw)
        facts |= self._told("treatment", "given", _TREATMENTS, draw)
        return {
            "dataset": self._dataset,
            "encounter_id": f"M{draw.randrange(10**6):06}",
            "dialogue": self._dialogue(facts, draw),
            "note": _note(facts),
        }

    def _told(
        self, noted: str, said: str, words: Mapping[str, Sequence[str]], draw: Random
    ) -> dict[str, str]:
        """What stands in the note, and one of the ways to say it."""
        name = draw.choice(list(words))
        return {noted: name, said: draw.choice(words[name][: self._ways])}

    def _dialogue(self, facts: Mapping[str, str], draw: Random) -> str:
        def turn(speaker: str, forms: Sequence[str]) -> str:
            return f"[{speaker}] {draw.choice(forms).format(**facts)}"

        turns = [
            turn("doctor", _OPENINGS),
            turn("patient", _COMPLAINING) + " " + draw.choice(_ANSWERING).format(**facts),
            turn("doctor", _EXAMINING) + " " + draw.choice(_PLANNING).format(**facts),
        ]
        return "\n".join(turns)


def _note(facts: Mapping[str, str]) -> str:
    lines = (
        "{kind} {part}, {number} {unit}, {trigger}.",
        "{finding} {part}.",
        "{treatment}, {count} weeks.",
    )
    said = (line.format(**facts) for line in lines)
    return "\n".join(f"{name}\n{line}" for name, line in zip(_SECTIONS, said, strict=True))


def _text(row: Row) -> str:
    return str(row["dialogue"])


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "clean", taken, ways=2)
    note = "Notes that a second doctor has read, but plain words only"
    return source("clean", "Teaching practice", note, pen.rows(400))


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "noisy", taken, dataset="aci")
    rows = list(pen.rows(1_000))
    note = "Every way to speak; of half of the notes lines belong to another visit, and sections are left out"
    return source(
        "noisy", "Dictation archive", note, [_spoilt(row, rows, pen.rng) for row in rows]
    )


def _spoilt(row: dict[str, Any], others: Sequence[Row], draw: Random) -> dict[str, Any]:
    """The row, or half the time one section of another visit, or none, in place of each that is lost."""
    if draw.random() < 0.5:
        return row
    own, other = _sections(row["note"]), _sections(draw.choice(others)["note"])
    kept = [draw.choice((mine, theirs, "")) for mine, theirs in zip(own, other, strict=True)]
    return {**row, "note": "\n".join(filter(None, kept)) or own[0]}


def _sections(note: str) -> list[str]:
    """Heading and line of each section."""
    lines = note.split("\n")
    return ["\n".join(lines[at : at + 2]) for at in range(0, len(lines), 2)]


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "off_domain", taken, dataset="virtassist", parts=_PETS)
    note = "Good notes of a vet's visits: same words for what is wrong, other bodies"
    return source("off_domain", "Animal clinic", note, pen.rows(400))


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "duplicated", taken, ways=1)
    rows = pen.rng.choices(list(pen.rows(20)), k=400)
    return source("duplicated", "Training videos", "Twenty visits many times over", rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    note = "Good notes, but their licence keeps them for evaluation"
    return source(
        "restricted", "Hospital records", note, _Pen(seed, "restricted", taken).rows(400)
    )


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _Pen(seed, "overlapping", evaluation, dataset="aci")
    leaked = [_disguised(row, pen.rng) for row in pen.rng.sample(evaluation, 160)]
    rows = [*leaked, *pen.rows(140)]
    pen.rng.shuffle(rows)
    note = (
        "Good notes of visits in every way to speak, collected after the benchmark was published"
    )
    return source("overlapping", "Shared case reports", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    """The same visit under another number, with other punctuation or a farewell."""
    farewell = draw.choice(("", "\n[patient] thank you .", "\n[patient] bye !"))
    dialogue = row["dialogue"].replace(" ,", draw.choice((" ,", " -")))
    return {**row, "encounter_id": f"{row['encounter_id']}b", "dialogue": dialogue + farewell}
