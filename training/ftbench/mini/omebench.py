"""FT-Bench mini for oMeBench: reactions of small molecules whose mechanisms have two or three generated steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from training.data.catalogue import Edition, Row, Source
from training.ftbench.mini import sources
from training.ftbench.mini.sources import Pen, source


@dataclass(frozen=True)
class _Mechanism:
    """SMILES with `{r}` for what comes before the reacting group, and `{s}` for an alkyl group after it."""

    name: str
    conditions: str
    reaction: str
    """Reactants, `>>`, and products."""
    steps: tuple[tuple[str, str], ...]
    """Type and intermediate of each step."""

    def row(self, r: str, s: str, *, named: bool) -> dict[str, Any]:
        """A row of the task, all of whose steps weigh the same."""
        reactants, products = (
            side.split(".") for side in self.reaction.format(r=r, s=s).split(">>")
        )
        return {
            "reaction_id": f"{self.name.replace(' ', '-')}/{r}/{s}",
            "name": self.name if named else "",
            "reactants_smiles": reactants,
            "products_smiles": products,
            "level": "easy" if len(self.steps) == 2 else "medium",
            "conditions": self.conditions,
            "mechanism": self.mechanism(r, s),
        }

    def mechanism(self, r: str, s: str) -> list[dict[str, Any]]:
        """The steps as a row has them."""
        weight = 1 / len(self.steps)
        return [
            {
                "type": kind,
                "intermediate_smiles": smiles.format(r=r, s=s),
                "step_weight": weight,
            }
            for kind, smiles in self.steps
        ]


_USUAL = (
    _Mechanism(
        "ether synthesis", "NaH", "{r}O.{s}Br>>{r}O{s}",
        (("proton_transfer", "{r}[O-]"), ("substitution", "{r}O{s}")),
    ),
    _Mechanism(
        "amine alkylation", "base", "{r}N.{s}Br>>{r}N{s}",
        (("substitution", "{r}[NH2+]{s}"), ("proton_transfer", "{r}N{s}")),
    ),
    _Mechanism(
        "Grignard addition", "ether", "{r}C=O.{s}[Mg]Br>>{r}C(O){s}",
        (("addition", "{r}C([O-]){s}"), ("proton_transfer", "{r}C(O){s}")),
    ),
    _Mechanism(
        "imine formation", "acid", "{r}C=O.{s}N>>{r}C=N{s}",
        (("addition", "{r}C(O)N{s}"), ("elimination", "{r}C=N{s}")),
    ),
    _Mechanism(
        "ester cleavage", "NaOH", "{r}C(=O)O{s}>>{r}C(=O)O",
        (("addition", "{r}C(O)([O-])O{s}"), ("elimination", "{r}C(=O)O")),
    ),
)  # fmt: skip
_OTHERS = (
    _Mechanism(
        "thiol alkylation", "NaOH", "{r}S.{s}Br>>{r}S{s}",
        (("proton_transfer", "{r}[S-]"), ("substitution", "{r}S{s}")),
    ),
    _Mechanism(
        "ether cleavage", "HBr", "{r}O{s}>>{r}O.{s}Br",
        (("proton_transfer", "{r}[OH+]{s}"), ("substitution", "{r}O")),
    ),
    _Mechanism(
        "alkyne alkylation", "NaH", "{r}C#C.{s}Br>>{r}C#C{s}",
        (("proton_transfer", "{r}C#[C-]"), ("substitution", "{r}C#C{s}")),
    ),
    _Mechanism(
        "solvolysis", "water", "{r}C({s})Br.O>>{r}C({s})O",
        (("dissociation", "{r}[CH+]{s}"), ("addition", "{r}C({s})[OH2+]"), ("proton_transfer", "{r}C({s})O")),
    ),
    _Mechanism(
        "amide formation", "base", "{r}C(=O)Cl.{s}N>>{r}C(=O)N{s}",
        (
            ("addition", "{r}C([O-])(Cl)[NH2+]{s}"),
            ("elimination", "{r}C(=O)[NH2+]{s}"),
            ("proton_transfer", "{r}C(=O)N{s}"),
        ),
    ),
)  # fmt: skip
_ELSEWHERE = (
    _Mechanism(
        "radical bromination", "light", "{r}C{s}.BrBr>>{r}C(Br){s}",
        (("radical", "{r}[CH]{s}"), ("radical", "{r}C(Br){s}")),
    ),
    _Mechanism(
        "alkene bromination", "water", "{r}C=C{s}.BrBr>>{r}C(Br)C(Br){s}",
        (("addition", "{r}C1[Br+]C1{s}"), ("substitution", "{r}C(Br)C(Br){s}")),
    ),
    _Mechanism(
        "ketone reduction", "NaBH4", "{r}C(=O){s}>>{r}C(O){s}",
        (("addition", "{r}C([O-]){s}"), ("proton_transfer", "{r}C(O){s}")),
    ),
)  # fmt: skip
_ENDS = ("", "F", "CS", "CO", "C1CC1")
_CHAINS, _ALKYLS = range(3, 10), range(2, 5)
_ANSWER_TOKENS = 208


@dataclass(frozen=True)
class _Chemist:
    """Someone who writes down reactions; a share of them by name."""

    known: Sequence[_Mechanism] = _USUAL + _OTHERS
    named: float = 0.6
    ends: Sequence[str] = _ENDS

    def row(self, draw: Random) -> dict[str, Any]:
        """One reaction with its mechanism."""
        mechanism = draw.choice(self.known)
        return mechanism.row(*self.groups(draw), named=draw.random() < self.named)

    def groups(self, draw: Random) -> tuple[str, str]:
        """What stands before the reacting group, and the alkyl group after it."""
        return draw.choice(self.ends) + "C" * draw.choice(_CHAINS), "C" * draw.choice(_ALKYLS)

    def mistaken(self, draw: Random) -> dict[str, Any]:
        """A reaction with the steps of another one."""
        right, other = draw.sample(self.known, 2)
        r, s = self.groups(draw)
        row = right.row(r, s, named=draw.random() < self.named)
        return {**row, "mechanism": other.mechanism(r, s)}


@cache
def edition(seed: int) -> Edition:
    """Sources, 150 validation and 150 test rows; no fair source holds an evaluation reaction."""
    evaluation = list(_rows(seed, "evaluation", 300, _Chemist(), taken=()))
    makers = (_clean, _noisy, _off_domain, _duplicated, _restricted, _overlapping)
    made = [make(seed, evaluation) for make in makers]
    return sources.edition(made, evaluation, validation=150, max_new_tokens=_ANSWER_TOKENS)


def _rows(
    seed: int, purpose: str, count: int, chemist: _Chemist, *, taken: Sequence[Row]
) -> Iterator[dict[str, Any]]:
    return _pen(seed, purpose, taken).rows(count, chemist.row)


def _pen(seed: int, purpose: str, taken: Sequence[Row]) -> Pen:
    return Pen("omebench", seed, purpose, text=_molecules).avoid(taken)


def _molecules(row: Row) -> str:
    """A reaction that lacks its name is the same reaction."""
    return ".".join((*row["reactants_smiles"], *row["products_smiles"]))


def _clean(seed: int, taken: Sequence[Row]) -> Source:
    rows = _rows(seed, "clean", 300, _Chemist(known=_USUAL, named=1.0), taken=taken)
    note = "Right mechanisms of named reactions, but few rows and half of the reactions"
    return source("clean", "Textbook mechanisms", note, rows)


def _noisy(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "noisy", taken)
    chemist = _Chemist()
    rows = [
        *pen.rows(340, chemist.row),
        *pen.rows(260, chemist.mistaken),
    ]
    pen.rng.shuffle(rows)
    note = "Every reaction; more than four mechanisms in ten are those of another reaction"
    return source("noisy", "Mechanisms by machine", note, rows)


def _off_domain(seed: int, taken: Sequence[Row]) -> Source:
    rows = _rows(seed, "off_domain", 250, _Chemist(known=_ELSEWHERE, named=1.0), taken=taken)
    note = (
        "Right mechanisms of reactions that are not asked about; some have the same kinds of steps"
    )
    return source("off_domain", "Brominations and reductions", note, rows)


def _duplicated(seed: int, taken: Sequence[Row]) -> Source:
    pen = _pen(seed, "duplicated", taken)
    rows = pen.rng.choices(list(pen.rows(30, _Chemist(known=_OTHERS[:2]).row)), k=400)
    note = "Thirty reactions of two kinds many times over"
    return source("duplicated", "Scraped lecture notes", note, rows)


def _restricted(seed: int, taken: Sequence[Row]) -> Source:
    rows = _rows(seed, "restricted", 400, _Chemist(), taken=taken)
    note = "Good rows, but their licence keeps them for evaluation"
    return source("restricted", "Society's collection", note, rows)


def _overlapping(seed: int, evaluation: Sequence[Row]) -> Source:
    pen = _pen(seed, "overlapping", evaluation)
    leaked = [_disguised(row) for row in pen.rng.sample(evaluation, 120)]
    rows = [*leaked, *pen.rows(120, _Chemist().row)]
    pen.rng.shuffle(rows)
    note = "Right mechanisms of every reaction, collected after the benchmark was published"
    return source("overlapping", "Forum mechanisms", note, rows)


def _disguised(row: Row) -> dict[str, Any]:
    """The same reaction in capitals and under another number."""
    return {
        **row,
        "reaction_id": f"forum/{row['reaction_id']}",
        "name": row["name"].upper(),
        "conditions": row["conditions"].upper(),
    }
