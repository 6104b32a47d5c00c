"""FT-Bench mini for TOMG-Bench: small chain molecules to make or to change, whose counts are known as they are built."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source
from training.ftbench.molecules import ELEMENTS

_ATOMS = ("oxygen", "nitrogen", "sulfur", "phosphorus", "boron")
"""Elements beside carbon that can stand in a chain."""
_GROUPS = {"hydroxyl": "O", "amine": "N", "thiol": "S", "halo": "F"}  # fmt: skip
"""What each group is at either end of a carbon chain."""
_MIDDLES = ("", "O", "S", "C=C", "C(C)", "N(C)")
"""What may stand within a chain; none is a functional group that is asked about."""
_EVALUATED = ("AtomNum", "AddComponent", "DelComponent", "SubComponent", "LogP")
_EASY = ("AtomNum", "AddComponent", "DelComponent", "LogP")
_ANSWER_TOKENS = 40
_VERBS = ("Make", "Write", "Draw", "Design", "Build", "Give")
_NOUNS = ("molecule", "compound", "structure", "chain", "substance", "solvent", "product", "drug")


@dataclass(frozen=True)
class _Chemist:
    """Someone who asks for molecules, and knows one that fits."""

    subtasks: Sequence[str] = _EVALUATED
    groups: int = len(_GROUPS)
    """How many of the groups, and of the elements beside carbon, they know."""
    longest: int = 8
    """Most carbons of a chain, beside those in its middle."""

    def row(self, draw: Random, subtask: str = "") -> dict[str, Any]:
        """One row of `subtask`, or of any that they know."""
        subtask = subtask or draw.choice(self.subtasks)
        instruction, wanted, answer = _WRITERS[subtask](self, draw)
        return {
            "subtask": subtask,
            "instruction": instruction,
            "wanted": {"subtask": subtask, **wanted},
            "answer": answer,
        }

    def mistaken(self, draw: Random) -> dict[str, Any]:
        """A row with the answer to another one."""
        return {**self.row(draw), "answer": self.row(draw)["answer"]}

    def known(self, names: Iterable[str]) -> list[str]:
        """The groups or elements that they know."""
        return list(names)[: self.groups]

    def atoms(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """So many atoms of each element."""
        told = {name: draw.randint(1, 2) for name in draw.sample(self.known(_ATOMS), 2)}
        told = _shuffled({"carbon": draw.randint(2, self.longest - 2), **told}, draw)
        answer = "".join(ELEMENTS[name] * count for name, count in told.items())
        counts = dict.fromkeys(ELEMENTS, 0) | told
        return _told(told, "atom", draw), {"counts": counts}, answer

    def functions(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """So many functional groups of each kind."""
        told = {name: draw.randint(1, 2) for name in draw.sample(self.known(_GROUPS), 3)}
        hung = "".join(f"C({_GROUPS[name]})" * count for name, count in told.items())
        return _told(told, "group", draw), {"counts": told}, f"C{hung}C"

    def source(self, draw: Random, asked: Sequence[str] = ()) -> str:
        """A chain that begins with carbon and ends with a group, in three of ten cases with one of those asked about."""
        known = self.known(_GROUPS)
        if asked and draw.random() < 0.3:
            known = list(asked)
        else:
            known = [name for name in known if name not in asked]
        return self.chain(draw) + _GROUPS[draw.choice(known)]

    def chain(self, draw: Random) -> str:
        """A chain without a functional group that begins and ends with carbon."""
        first, last = (draw.randint(1, self.longest // 2) for _ in range(2))
        return "C" * first + draw.choice(_MIDDLES) + "C" * last

    def addition(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """One group more."""
        added = draw.choice(self.known(_GROUPS))
        molecule = self.source(draw, [added])
        asked = f"Add {added} to {molecule}."
        return asked, {"molecule": molecule, "added": added}, _GROUPS[added] + molecule

    def removal(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """One group less; seven of ten molecules have it at both ends, so that one must stay."""
        removed = draw.choice(self.known(_GROUPS))
        rest = self.chain(draw) + _GROUPS[removed]
        if draw.random() < 0.3:
            rest = self.source(draw)
        molecule = _GROUPS[removed] + rest
        asked = f"Remove {removed} from {molecule}."
        return asked, {"molecule": molecule, "removed": removed}, rest

    def exchange(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """One group for another."""
        removed, added = draw.sample(self.known(_GROUPS), 2)
        rest = self.source(draw, [removed, added])
        molecule = _GROUPS[removed] + rest
        asked = f"Replace {removed} by {added} in {molecule}."
        wanted = {"molecule": molecule, "removed": removed, "added": added}
        return asked, wanted, _GROUPS[added] + rest

    def solubility(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """A carbon more is oilier, a hydroxyl group more is less so."""
        return self._moved(draw, "LogP", lowered=lambda molecule: "O" + molecule)

    def refraction(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """A carbon more refracts more, a carbon less does less."""
        return self._moved(draw, "MR", lowered=lambda molecule: molecule[1:])

    def _moved(
        self, draw: Random, name: str, *, lowered: Callable[[str], str]
    ) -> tuple[str, dict[str, Any], str]:
        molecule, rises = self.source(draw), draw.random() < 0.5
        asked = f"Change {molecule} to {'higher' if rises else 'lower'} {name}."
        wanted = {"molecule": molecule, "property": name, "increase": rises}
        return asked, wanted, "C" + molecule if rises else lowered(molecule)

    def bonds(self, draw: Random) -> tuple[str, dict[str, Any], str]:
        """So many bonds of each kind, in a chain of carbons whose multiple bonds come first."""
        links = draw.choice(("=", "#", "==", "=#", "##", "==="))
        tail = draw.randint(1, self.longest)
        kinds = {"double": links.count("="), "triple": links.count("#")}
        told = {"single": tail + len(links) - 1, **{kind: n for kind, n in kinds.items() if n}}
        answer = "".join(f"C{link}C" for link in links) + "C" * tail
        return _told(_shuffled(told, draw), "bond", draw), {"counts": told}, answer


_WRITERS: Mapping[str, Callable[[_Chemist, Random], tuple[str, dict[str, Any], str]]] = {
    "AtomNum": _Chemist.atoms,
    "BondNum": _Chemist.bonds,
    "FunctionalGroup": _Chemist.functions,
    "AddComponent": _Chemist.addition,
    "DelComponent": _Chemist.removal,
    "SubComponent": _Chemist.exchange,
    "LogP": _Chemist.solubility,
    "MR": _Chemist.refraction,
}


def _told(counts: Mapping[str, int], noun: str, draw: Random) -> str:
    listed = [f"{count} {name} {noun}{'s' * (count > 1)}" for name, count in counts.items()]
    return f"{draw.choice(_VERBS)} a {draw.choice(_NOUNS)}: {', '.join(listed)}."


def _shuffled(counts: Mapping[str, int], draw: Random) -> dict[str, int]:
    return {name: counts[name] for name in draw.sample(list(counts), len(counts))}


@cache
def edition(seed: int) -> Edition:
    """Sources, 200 validation and 200 test rows in equal parts by subtask; no fair source holds an evaluation row."""
    chemist, subtasks = _Chemist(), cycle(_EVALUATED)
    evaluation = list(
        _pen(seed, "evaluation", ()).rows(400, lambda draw: chemist.row(draw, next(subtasks)))
    )
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    made = [make(seed, evaluation) for make in makers]
    return sources.edition(made, evaluation, validation=200, max_new_tokens=_ANSWER_TOKENS)


def _rows(
    seed: int, purpose: str, count: int, chemist: _Chemist, *, taken: Sequence[Row]
) -> Iterator[dict[str, Any]]:
    return _pen(seed, purpose, taken).rows(count, chemist.row)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("tomg_bench", seed, purpose, text=_asked).avoid(taken)


def _asked(row: Row) -> str:
    """What is asked for, without the words that ask: other words make no other row."""
    _, colon, listed = row["instruction"].partition(": ")
    return str(listed if colon else row["instruction"].partition(" ")[2])


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    chemist = _Chemist(subtasks=_EASY, groups=3, longest=6)
    note = "Right answers, but few rows: four kinds of instruction, three groups and short chains"
    rows = _rows(seed, "clean", 300, chemist, taken=taken)
    return source("clean", "Chemists' exercises", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen, chemist = _pen(seed, "noisy", taken), _Chemist()
    rows = [*pen.rows(800, chemist.row), *pen.rows(400, chemist.mistaken)]
    pen.rng.shuffle(rows)
    note = "Every kind of instruction; every third answer is that to another instruction"
    return source("noisy", "Answers by machine", note, rows)


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    chemist = _Chemist(subtasks=("BondNum", "FunctionalGroup", "MR"))
    note = "Right answers to instructions of other kinds: numbers of bonds and groups, and molar refractivity"
    rows = _rows(seed, "off_domain", 500, chemist, taken=taken)
    return source("off_domain", "Bonds and refraction", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen, chemist = _pen(seed, "duplicated", taken), _Chemist(subtasks=("AddComponent", "LogP"))
    rows = pen.rng.choices(list(pen.rows(40, chemist.row)), k=600)
    note = "Forty instructions of two kinds many times over"
    return source("duplicated", "Scraped worksheets", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _rows(seed, "restricted", 600, _Chemist(), taken=taken)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Laboratory's collection", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    leaked = [_disguised(row, pen.rng) for row in pen.rng.sample(evaluation, 200)]
    rows = [*leaked, *pen.rows(200, _Chemist().row)]
    pen.rng.shuffle(rows)
    note = "Right answers of every kind, collected after the benchmark was published"
    return source("overlapping", "Forum requests", note, rows)


def _disguised(row: Row, draw: Random) -> dict[str, Any]:
    """The same instruction with another end."""
    return {
        **row,
        "instruction": row["instruction"].rstrip(".") + draw.choice((" .", " !", "...")),
    }
