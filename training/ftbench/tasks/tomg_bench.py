"""FT-Bench task `tomg_bench`: make, edit or improve a molecule by an instruction."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import RowRefused
from training.ftbench import Message, importing, molecules
from training.ftbench.answers import json_in
from training.ftbench.imported import ImportedTask
from training.ftbench.mini import tomg_bench as mini_rows

_FOLDERS = {
    "AtomNum": "MolCustom", "BondNum": "MolCustom", "FunctionalGroup": "MolCustom",
    "AddComponent": "MolEdit", "DelComponent": "MolEdit", "SubComponent": "MolEdit",
    "LogP": "MolOpt", "MR": "MolOpt", "QED": "MolOpt",
}  # fmt: skip
_COLUMNS = ("SubTask", "Instruction", "molecule")
_REQUEST = "Answer with the SMILES of one molecule and nothing else."
_VALIDATION = 0.2
_GROUP = re.compile(
    rf"\b({'|'.join(sorted(molecules.GROUPS, key=len, reverse=True))}|benzene_ring)s?\b"
)
_UP = re.compile(r"\b(higher|increase)\b")
_DOWN = re.compile(r"\b(lower|decrease)\b")
_SMILES = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$%./\\:*]+")


class TomgBench(ImportedTask):
    """TOMG-Bench (Li et al., arXiv:2412.14642): nine subtasks of open molecule generation, judged by RDKit.

    A row of upstream's training file: `SubTask: AtomNum`, `Instruction: Please generate a molecule with 2 carbon atoms
    and 1 oxygen atom.`, `molecule: CCO`. A seeded fifth of each subtask's 500 training rows (OpenMolIns light) validates,
    the others may be trained on; upstream's test is sealed, and has no answers: any molecule that fits is right.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "tomg_bench"
    title: ClassVar[str] = "TOMG-Bench (molecules)"
    metric: ClassVar[str] = "tomg"
    licence: ClassVar[str] = "None stated; published as instruction-tuning data"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/phenixace/TOMG-Bench"
    hub_id: ClassVar[str] = "Duke-de-Artois/TOMG-Bench"
    max_new_tokens: ClassVar[int] = 256
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    columns: ClassVar[Mapping[str, str]] = {
        "SubTask": f"one of {', '.join(_FOLDERS)}",
        "Instruction": "what is asked for, in upstream's words",
        "molecule": "SMILES of a molecule that is what was asked for",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """A fifth of each subtask's training rows validates."""
        rows = cls.upstream(folder, "train")
        validation: list[Row] = []
        train: list[Row] = []
        for subtask in _FOLDERS:
            own = [row for row in rows if row["subtask"] == subtask]
            held, kept = importing.carve(own, _VALIDATION, key=cls.text)
            validation.extend(held)
            train.extend(kept)
        note = "OpenMolIns light without the validation rows; not every answer does what its instruction asks"
        sources = cls.made(tuple(train), note=note)
        return Edition("full", sources, tuple(validation), cls.upstream(folder, "test"))

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """The training file, or the nine test files one after another."""
        if split == "train":
            file = importing.locate(
                folder, "OpenMolIns/light/train.csv", "data/OpenMolIns/light/train.csv"
            )
            return importing.read(file.name, importing.csv_rows(file, _COLUMNS), cls.row)
        return tuple(row for subtask in _FOLDERS for row in _test_rows(folder, subtask))

    @staticmethod
    def part(row: Row) -> str:
        """The subtask."""
        return str(row["subtask"])

    @staticmethod
    def row(raw: Row) -> Row:
        """The instruction is read for what the molecule must be. Raises RowRefused, MissingLibrary."""
        subtask, answer = raw["SubTask"], importing.text_of(raw, "molecule").strip()
        if subtask not in _FOLDERS:
            raise RowRefused("SubTask", subtask, f"is not one of {', '.join(_FOLDERS)}")
        if molecules.parse(answer) is None:
            raise RowRefused("molecule", answer, "is not valid SMILES")
        instruction = importing.text_of(raw, "Instruction")
        wanted = _READERS[_FOLDERS[subtask]](subtask, instruction)
        return {
            "subtask": subtask,
            "instruction": instruction,
            "wanted": {"subtask": subtask, **wanted},
            "answer": answer,
        }

    @staticmethod
    def text(row: Row) -> str:
        """The instruction."""
        return str(row["instruction"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message: the instruction, and the form of the answer."""
        return [{"role": "user", "content": f"{row['instruction']}\n{_REQUEST}"}]

    @staticmethod
    def target(row: Row) -> str:
        """A molecule that fits; empty for test rows, which have none."""
        return str(row["answer"])

    @staticmethod
    def gold(row: Row) -> str:
        """JSON of what the molecule must be."""
        return json.dumps(row["wanted"])

    @staticmethod
    def extract(text: str) -> str | None:
        """The value of `molecule` in a JSON object, or the longest word that SMILES could be."""
        found = json_in(text, "{")
        if isinstance(found, dict) and isinstance(found.get("molecule"), str):
            return found["molecule"].strip() or None
        words = [word.strip(".") for word in _SMILES.findall(text)]
        return max(words, key=len, default="") or None


def _counts(subtask: str, instruction: str) -> dict[str, Any]:
    """Counts from an instruction: of all elements, but only of those bonds and groups that are told."""
    noun = {"AtomNum": "atom", "BondNum": "bond", "FunctionalGroup": "group"}[subtask]
    told = {
        _singular(name): int(count)
        for count, name in re.findall(rf"(\d+) ([a-z ]+?) {noun}s?\b", instruction)
    }
    return _checked(subtask, told, where=("Instruction", instruction))


def _checked(subtask: str, told: dict[str, int], *, where: tuple[str, str]) -> dict[str, Any]:
    known = {
        "AtomNum": molecules.ELEMENTS,
        "BondNum": molecules.BONDS,
        "FunctionalGroup": molecules.GROUPS,
    }
    if not told or not set(told) <= set(known[subtask]):
        raise RowRefused(*where, f"does not count {', '.join(known[subtask])}")
    every = dict.fromkeys(molecules.ELEMENTS, 0) if subtask == "AtomNum" else {}
    return {"counts": every | told}


def _singular(name: str) -> str:
    return "benzene ring" if name in ("benzene rings", "benzene_ring") else name


def _edit(subtask: str, instruction: str) -> dict[str, Any]:
    """Groups in the order in which they are named; some instructions confuse molecule and group."""
    named = [_singular(name) for name in _GROUP.findall(instruction)]
    keys = {"AddComponent": ["added"], "DelComponent": ["removed"]}
    wanted = keys.get(subtask, ["removed", "added"])
    if len(named) != len(wanted):
        raise RowRefused("Instruction", instruction, f"does not name {len(wanted)} groups")
    return {"molecule": _source(instruction), **dict(zip(wanted, named, strict=True))}


def _move(subtask: str, instruction: str) -> dict[str, Any]:
    """Upwards or downwards, by the instruction's words."""
    rises, falls = bool(_UP.search(instruction)), bool(_DOWN.search(instruction))
    if rises == falls:
        raise RowRefused("Instruction", instruction, "does not say higher or lower")
    return {"molecule": _source(instruction), "property": subtask, "increase": rises}


def _source(instruction: str) -> str:
    """The molecule in an instruction: its longest word that is one."""
    words = sorted((word.strip(".,") for word in instruction.split()), key=len, reverse=True)
    for word in words:
        if molecules.parse(word) is not None:
            return word
    raise RowRefused("Instruction", instruction, "holds no valid SMILES")


_READERS: Mapping[str, Callable[[str, str], dict[str, Any]]] = {
    "MolCustom": _counts,
    "MolEdit": _edit,
    "MolOpt": _move,
}


def _test_rows(folder: Path, subtask: str) -> tuple[Row, ...]:
    """Rows of a test file, whose columns say what the molecule must be."""
    path = f"{_FOLDERS[subtask]}/{subtask}/test.csv"
    file = importing.locate(folder, path, f"data/benchmarks/open_generation/{path}")
    raw = importing.csv_rows(file, ("Instruction", *_test_columns(subtask)))
    return importing.read(path, raw, lambda each: _test_row(subtask, each))


def _test_columns(subtask: str) -> tuple[str, ...]:
    groups = ("benzene rings", *list(molecules.GROUPS)[1:])
    return {
        "AtomNum": tuple(molecules.ELEMENTS),
        "BondNum": molecules.BONDS,
        "FunctionalGroup": groups,
        "AddComponent": ("molecule", "added_group"),
        "DelComponent": ("molecule", "removed_group"),
        "SubComponent": ("molecule", "removed_group", "added_group"),
    }.get(subtask, ("molecule",))


def _test_row(subtask: str, raw: Row) -> Row:
    instruction = importing.text_of(raw, "Instruction")
    return {
        "subtask": subtask,
        "instruction": instruction,
        "wanted": {"subtask": subtask, **_test_wanted(subtask, raw)},
        "answer": "",
    }


def _test_wanted(subtask: str, raw: Row) -> dict[str, Any]:
    if _FOLDERS[subtask] == "MolCustom":
        told = {_singular(name): _count(raw, name) for name in _test_columns(subtask)}
        stated = {name: count for name, count in told.items() if count}
        return _checked(subtask, stated, where=("Instruction", raw["Instruction"]))
    molecule = importing.text_of(raw, "molecule").strip()
    if molecules.parse(molecule) is None:
        raise RowRefused("molecule", molecule, "is not valid SMILES")
    if _FOLDERS[subtask] == "MolOpt":
        return {**_move(subtask, raw["Instruction"]), "molecule": molecule}
    changes = {key: _group(raw, f"{key}_group") for key in ("removed", "added")}
    return {"molecule": molecule, **{key: name for key, name in changes.items() if name}}


def _count(raw: Row, column: str) -> int:
    if not str(raw[column]).isdecimal():
        raise RowRefused(column, raw[column], "is not a whole number")
    return int(raw[column])


def _group(raw: Row, column: str) -> str:
    name = _singular(raw.get(column, ""))
    if name and name not in molecules.GROUPS:
        raise RowRefused(column, name, f"is not one of {', '.join(molecules.GROUPS)}")
    return name
