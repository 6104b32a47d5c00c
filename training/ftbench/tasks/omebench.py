"""FT-Bench task `omebench`: the mechanism of an organic reaction, step by step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import RowRefused
from training.ftbench import Message, importing, molecules
from training.ftbench.answers import json_in
from training.ftbench.imported import ImportedTask
from training.ftbench.mini import omebench as mini_rows

_FILES = {"gold": "oMe_Gold.json", "template": "oMe_Template.json"}
_COLUMNS = ("reaction_id", "name", "reactants_smiles", "products_smiles", "mechanism")
_TYPES = (
    "addition", "cleavage", "coordination", "dissociation", "electron_transfer", "elimination", "pericyclic",
    "proton_transfer", "radical", "rearrangement", "substitution",
)  # fmt: skip
_REQUEST = f"""Give the mechanism as a JSON list with one object for each step, in order:
{{"type": "…", "intermediate_smiles": "…"}}
type is one of {", ".join(_TYPES)}; intermediate_smiles is the main species after the step."""
_VALIDATION = 0.25


class OmeBench(ImportedTask):
    """oMeBench (arXiv:2510.07731): elementary steps of organic reactions, each with its type and intermediate.

    A row of upstream: `{"reaction_id": "NR-900", "level": "easy", "name": "Hydrolysis of an alkoxide", "reactants_smiles":
    ["CC[O-]", "O"], "products_smiles": ["CCO"], "conditions": "Water", "mechanism": [{"step": 1, "type":
    "proton_transfer", "subtype": "acid_base_proton_transfer", "intermediate_smiles": "CCO", "step_weight": 1.0}]}`.
    Templates, where R groups are `[*:1]`, may be trained on; a seeded quarter of Gold validates, the rest is sealed.
    Both are of the same named reactions, on other molecules.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "omebench"
    title: ClassVar[str] = "oMeBench (reaction mechanisms)"
    metric: ClassVar[str] = "omes"
    licence: ClassVar[str] = "MIT"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/skylarkie/oMeBench"
    max_new_tokens: ClassVar[int] = 1_024
    splits: ClassVar[tuple[str, ...]] = tuple(_FILES)
    columns: ClassVar[Mapping[str, str]] = {
        "reaction_id": "name of the row",
        "name": "name of the reaction",
        "reactants_smiles": "list of SMILES",
        "products_smiles": "list of SMILES",
        "mechanism": "list of steps with type, intermediate_smiles and, if known, step_weight",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """Templates to train on; a quarter of Gold validates."""
        sources = cls.made(
            cls.upstream(folder, "template"),
            name="template",
            note="General mechanisms with R groups for parts of molecules; some are no valid SMILES",
        )
        gold = cls.upstream(folder, "gold")
        validation, test = importing.carve(gold, _VALIDATION, key=lambda row: row["reaction_id"])
        return Edition("full", sources, validation, test)

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """One JSON file."""
        file = importing.locate(folder, _FILES[split], f"data/{_FILES[split]}")
        return importing.read(file.name, importing.json_rows(file, _COLUMNS), cls.row)

    @staticmethod
    def part(row: Row) -> str:
        """How hard upstream finds the reaction."""
        return str(row["level"])

    @staticmethod
    def row(raw: Row) -> Row:
        """Steps without weights weigh the same. Raises RowRefused, MissingLibrary."""
        steps = _listed(raw, "mechanism")
        return {
            "reaction_id": importing.text_of(raw, "reaction_id"),
            "name": raw["name"] or "",
            **{column: _listed(raw, column) for column in ("reactants_smiles", "products_smiles")},
            "level": raw.get("level") or "",
            "conditions": raw.get("conditions") or "",
            "mechanism": _weighed([_step(step) for step in steps]),
        }

    @staticmethod
    def text(row: Row) -> str:
        """The reaction as it is asked about."""
        return _reaction(row)

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the reaction and the form of the answer."""
        return [{"role": "user", "content": f"{_reaction(row)}\n{_REQUEST}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The steps as JSON."""
        shown = ("type", "intermediate_smiles")
        return json.dumps([{key: step[key] for key in shown} for step in row["mechanism"]])

    @staticmethod
    def gold(row: Row) -> str:
        """The steps with their weights as JSON."""
        return json.dumps(row["mechanism"])

    @staticmethod
    def extract(text: str) -> str | None:
        """The first JSON list."""
        found = json_in(text, "[")
        return None if found is None else json.dumps(found)


def _reaction(row: Row) -> str:
    sides = (".".join(row[column]) for column in ("reactants_smiles", "products_smiles"))
    conditions = f"\nConditions: {row['conditions']}" if row["conditions"] else ""
    return f"{row['name'] or 'Reaction'}: {'>>'.join(sides)}{conditions}"


def _listed(raw: Row, column: str) -> list[Any]:
    # Some templates have one text of SMILES with dots between them.
    value = [raw[column]] if isinstance(raw[column], str) and raw[column] else raw[column]
    if not isinstance(value, list) or not value:
        raise RowRefused(column, value, "is not a list with something in it")
    return value


def _step(step: Any) -> dict[str, Any]:
    """Type, intermediate, and weight or None. Raises RowRefused."""
    if not isinstance(step, dict) or not {"type", "intermediate_smiles"} <= step.keys():
        raise RowRefused("mechanism", step, "is not a step with type and intermediate_smiles")
    smiles = str(step["intermediate_smiles"])
    # Templates stand for many molecules, and are not all valid.
    if "*" not in smiles and molecules.parse(smiles) is None:
        raise RowRefused("intermediate_smiles", smiles, "is not valid SMILES")
    return {
        "type": step["type"],
        "intermediate_smiles": smiles,
        "step_weight": step.get("step_weight"),
    }


def _weighed(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Weights that sum to 1; equal ones where not every step has one."""
    given = [step["step_weight"] for step in steps]
    weights = given if all(given) else [1] * len(steps)
    return [
        {**step, "step_weight": weight / sum(weights)}
        for step, weight in zip(steps, weights, strict=True)
    ]
