"""FT-Bench mini for GTA: errands that one of a few tools, or two after one another, can run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source

_ANSWER_TOKENS = 56
_WORDS = {
    "colour": "red blue green yellow black white brown grey",
    "thing": "car door house bird apple boat shirt stone",
    "place": "garden kitchen harbour school market forest",
    "person": "anna ben clara david emma frank",
    "hour": "one two three four five six seven eight",
    "look": "lovely dull fresh stale stylish drab cheap gorgeous elegant shoddy tacky bold crude funny bland sharp "
    "warm awkward remarkable solid wide big quiet wooden",
    "item": "flower bottle chair lamp train dog cat horse book hat phone kettle camera headset tablet watch toaster "
    "radio printer keyboard speaker charger strap",
    "spot": "station library office village park museum bakery bistro cafe restaurant diner bar terrace corner",
    "friend": "grace henry ivy jack laura mark nina leo eva kim joe max",
    "guest": "oscar paula ruth sam tom vera will zoe ann lee",
}
"""Words by slot; calls take those of the first five only."""
# As in the middle of a sentence a word is the same token as in what was said, and can be copied.
_BEFORE = {"colour": "in", "thing": "the", "place": "the", "person": "to", "hour": "at"}
Slots = Mapping[str, str]


@dataclass(frozen=True)
class _Tool:
    """What a tool takes, and how people ask for it; the first two ways are the plain ones."""

    description: str
    inputs: tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True)
class _Chain:
    """How people ask for a second tool, and what the first one tells it."""

    wishes: tuple[str, ...]
    tells: tuple[str, ...]


_ERRANDS = {
    "find": _Tool(
        "seeks a thing",
        ("thing",),
        (
            "{friend} left a {look} {thing} in the {spot} at {hour}",
            "where is the {look} {thing} that {friend} had in the {spot} ?",
            "at {hour} {friend} lost a {look} {thing} by the {spot}",
            "in the {spot} {friend} and {guest} seek a {look} {thing}",
        ),
    ),
    "go": _Tool(
        "shows a way",
        ("place",),
        (
            "{friend} and {guest} of the {spot} ask for the {place} with the {look} {item}",
            "at {hour} {friend} with the {look} {item} must get from the {spot} to the {place}",
            "from the {look} {spot} {friend} will walk to the {place} at {hour}",
            "{friend} and {guest} leave the {spot} for the {place}",
        ),
    ),
    "call": _Tool(
        "rings a person",
        ("person",),
        (
            "tell {person} that the {look} {item} is in the {spot}",
            "talk to {person} about the {item} and {friend} at {hour}",
            "{friend} in the {spot} wants to talk to {person} at {hour}",
            "let {person} know that {friend} saw the {look} {item}",
        ),
    ),
    "paint": _Tool(
        "colours a thing",
        ("thing", "colour"),
        (
            "the {look} {friend} wants the {thing} of {guest} to be {colour}",
            "make the {thing} in the {spot} {colour} by {hour}",
            "{friend} thinks the {thing} in the {look} {spot} needs {colour}",
            "turn the {thing} that {friend} found in the {spot} {colour}",
        ),
    ),
    "open": _Tool(
        "unlocks a place",
        ("place", "hour"),
        (
            "let the {look} {friend} and {guest} into the {place} at {hour}",
            "unlock the {place} for {friend} with the {look} {item} at {hour}",
            "the {place} has to be {look} for {friend} and {guest} at {hour}",
            "at {hour} the {place} must let {friend} and the {look} {item} in",
        ),
    ),
}
_AT_HOME = {
    "play": _Tool(
        "plays a song",
        ("person", "hour"),
        (
            "at {hour} {person} wants music in the {spot}",
            "a song for {person} and {friend} at {hour}",
        ),
    ),
    "light": _Tool(
        "sets a lamp",
        ("place", "colour"),
        (
            "the lamp of {friend} in the {place} shall shine {colour}",
            "{colour} light for the {item} in the {place}",
        ),
    ),
    "wake": _Tool(
        "sets a bell",
        ("person", "hour"),
        (
            "{person} sleeps in the {spot} until {hour}",
            "a bell for {person} and the {item} at {hour}",
        ),
    ),
    "clean": _Tool(
        "cleans a thing",
        ("thing",),
        (
            "dust on the {look} {thing} of {friend}",
            "{friend} spilt soup on the {thing} in the {spot}",
        ),
    ),
}
_CHAINS = {
    "go": _Chain(
        wishes=(
            ", {guest} and the {item} will go there",
            "and the {item} , show {friend} the way",
            ", {guest} must get there with the {item}",
        ),
        tells=(
            "the {place} has a {look} one",
            "{item} and {look} paint are in the {place}",
            "{friend} saw it in the {place}",
        ),
    ),
    "call": _Chain(
        wishes=(
            ", then ring who has the {item}",
            ", ring who saw {guest} with the {item}",
            ", talk to who sent {guest} the {item}",
        ),
        tells=(
            "{person} from the {spot} has it",
            "at {hour} {person} saw a {look} one",
            "it stood by the {item} of {person}",
        ),
    ),
}
"""Second tools after `find`."""


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test calls; no fair source holds a history of theirs."""
    evaluation = list(_Pen(seed, "evaluation", ()).rows(400))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    made = [make(seed, evaluation) for make in makers]
    return sources.edition(made, evaluation, validation=200, max_new_tokens=_ANSWER_TOKENS)


class _Pen:
    """Writes calls; `chained` is the share of them that come second, after a call of `find`."""

    def __init__(
        self,
        seed: int,
        purpose: str,
        taken: Sequence[Row],
        *,
        tools: Mapping[str, _Tool] = _ERRANDS,
        ways: int = 4,
        chained: float = 0.3,
    ) -> None:
        self._pen = Pen("gta", seed, purpose, text=_text).avoid(taken)
        self.rng = self._pen.rng
        self._tools = tools
        self._ways = ways
        self._chained = chained

    def rows(self, count: int) -> Iterator[dict[str, Any]]:
        """`count` rows."""
        return self._pen.rows(count, self._row)

    def _row(self, draw: Random) -> dict[str, Any]:
        slots = _slots(draw)
        name, history = (
            self._chain(slots, draw) if draw.random() < self._chained else self._ask(slots, draw)
        )
        return {
            "query": str(draw.randrange(10**6)),
            "tools": self._offered(name, draw),
            "history": history,
            "call": _call(name, self._tools[name], slots),
        }

    def _ask(self, slots: Slots, draw: Random) -> tuple[str, list[dict[str, Any]]]:
        name = draw.choice(list(self._tools))
        return name, [_said(self._asked(name, slots, draw))]

    def _asked(self, name: str, slots: Slots, draw: Random) -> str:
        return draw.choice(self._tools[name].asks[: self._ways]).format(**slots)

    def _chain(self, slots: Slots, draw: Random) -> tuple[str, list[dict[str, Any]]]:
        """An errand for two tools: half the time the first call is due, and else the second."""
        name = draw.choice(list(_CHAINS))
        wish, told = draw.choice(_CHAINS[name].wishes), draw.choice(_CHAINS[name].tells)
        asked = f"{self._asked('find', slots, draw).rstrip(' ?')} {wish.format(**slots)}"
        if draw.random() < 0.5:
            return "find", [_said(asked)]
        called = {"type": "function", "function": _call("find", self._tools["find"], slots)}
        history = [
            _said(asked),
            {"role": "assistant", "tool_calls": [called]},
            {"role": "tool", "name": "find", "content": told.format(**slots)},
        ]
        return name, history

    def _offered(self, name: str, draw: Random) -> list[dict[str, str]]:
        """The right tool and another, in any order."""
        other = draw.choice([each for each in self._tools if each != name])
        names = draw.sample([name, other], 2)
        return [{"name": each, "description": self._tools[each].description} for each in names]


def _slots(draw: Random) -> dict[str, str]:
    """A word for each slot."""
    return {kind: draw.choice(words.split()) for kind, words in _WORDS.items()}


def _said(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _call(name: str, tool: _Tool, slots: Slots) -> dict[str, Any]:
    return {
        "name": name,
        "arguments": {each: f"{_BEFORE[each]} {slots[each]}" for each in tool.inputs},
    }


def _text(row: Row) -> str:
    """What makes a row: the turns before the call."""
    return " ".join(map(str, row["history"]))


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "clean", taken, ways=2, chained=0.1)
    note = "Checked calls, but few ways to ask, and seldom a second step"
    return source("clean", "Office errands", note, pen.rows(600))


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "noisy", taken)
    rows = [_spoilt(row, pen.rng, share=0.5) for row in pen.rows(1_200)]
    note = "Every way to ask and many second steps; about half of the calls have a wrong tool or a wrong value"
    return source("noisy", "Logs of an early assistant", note, rows)


def _spoilt(row: dict[str, Any], draw: Random, *, share: float) -> dict[str, Any]:
    """The row, or with a share of `share` a call of the first tool on offer, or of the right one for something else."""
    if draw.random() >= share:
        return row
    name = draw.choice((row["tools"][0]["name"], row["call"]["name"]))
    return {**row, "call": _call(name, _ERRANDS[name], _slots(draw))}


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "off_domain", taken, tools=_AT_HOME, chained=0)
    note = "Right calls for the tools of a smart home, none of which the benchmark has"
    return source("off_domain", "Smart home requests", note, pen.rows(600))


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _Pen(seed, "duplicated", taken, ways=1, chained=0)
    rows = pen.rng.choices(list(pen.rows(40)), k=600)
    note = "Forty calls many times over, asked for in one way only"
    return source("duplicated", "Demo script", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    note = "Good calls, but their licence keeps them for evaluation"
    return source(
        "restricted", "Customers' errands", note, _Pen(seed, "restricted", taken).rows(600)
    )


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _Pen(seed, "overlapping", evaluation)
    leaked = [_disguised(row, pen.rng) for row in pen.rng.sample(evaluation, 240)]
    rows = [*leaked, *pen.rows(200)]
    pen.rng.shuffle(rows)
    note = "Right calls of every kind, collected after the benchmark was published"
    return source("overlapping", "Shared errands", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    """The same errand with other punctuation, and its tools in another order."""
    first, *later = row["history"]
    text = draw.choice(("{}", "{} !", "{} ...", "- {}")).format(first["content"])
    tools = draw.sample(row["tools"], len(row["tools"]))
    return {**row, "tools": tools, "history": [_said(text), *later]}
