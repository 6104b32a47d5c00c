"""FT-Bench task `aci_bench`: the clinical note that belongs to a visit's dialogue."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import DataRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.mini import aci_bench as mini_rows

_FILES = {
    "train": "train.csv",
    "valid": "valid.csv",
    "test1": "clinicalnlp_taskB_test1.csv",
    "test2": "clinicalnlp_taskC_test2.csv",
    "test3": "clef_taskC_test3.csv",
}
_COLUMNS = ("dataset", "encounter_id", "dialogue", "note")
_REQUEST = (
    "Write the clinical note of this visit from its dialogue, with the usual sections in capitals."
)


class AciBench(ImportedTask):
    """ACI-Bench (Yim et al., Scientific Data 10, 2023, arXiv:2306.02022): a full visit note from a doctor-patient dialogue.

    A row of upstream: `dataset: virtassist`, `encounter_id: D2N900`, `dialogue: [doctor] what brings you in ?
    [patient] my knee hurts …`, `note: CHIEF COMPLAINT Knee pain. …`. Upstream's train, valid and three test splits are used
    as they are: valid validates, all three tests are sealed together.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "aci_bench"
    title: ClassVar[str] = "ACI-Bench (clinical notes)"
    metric: ClassVar[str] = "rouge1"
    licence: ClassVar[str] = "CC BY 4.0"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/wyim/aci-bench"
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    max_new_tokens: ClassVar[int] = 1_024
    splits: ClassVar[tuple[str, ...]] = tuple(_FILES)
    columns: ClassVar[Mapping[str, str]] = {
        "dataset": "how the visit was recorded: virtassist, virtscribe or aci",
        "encounter_id": "name of the visit",
        "dialogue": "what was said, each turn with [doctor] or [patient]",
        "note": "the full note",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """Upstream's splits."""
        found = {split: cls.upstream(folder, split) for split in cls.splits}
        sources = cls.made(found["train"], note="The training split as published")
        test = (*found["test1"], *found["test2"], *found["test3"])
        return Edition("full", sources, found["valid"], test)

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """One CSV file, beside one another or where upstream's repository has them."""
        name = _FILES[split]
        file = importing.locate(folder, name, f"data/challenge_data/{name}")
        return importing.read(file.name, importing.csv_rows(file, _COLUMNS), cls.row)

    @classmethod
    def predictions(cls, path: Path, rows: Sequence[Row]) -> Mapping[int, str | None]:
        """A CSV file with `encounter_id` and `note`."""
        places = {row["encounter_id"]: place for place, row in enumerate(rows)}
        written: dict[int, str | None] = {}
        for number, row in enumerate(importing.csv_rows(path, ("encounter_id", "note")), start=1):
            place = places.get(row["encounter_id"])
            if place is None:
                reason = f"row {number}: encounter_id={row['encounter_id']!r} is not in the split"
                raise DataRefused(path.name, reason)
            if place in written:
                reason = f"row {number}: encounter_id={row['encounter_id']!r} is there twice"
                raise DataRefused(path.name, reason)
            written[place] = row["note"]
        return written

    @staticmethod
    def part(row: Row) -> str:
        """How the visit was recorded."""
        return str(row["dataset"])

    @staticmethod
    def row(raw: Row) -> Row:
        """Text in every column. Raises RowRefused."""
        return {column: importing.text_of(raw, column) for column in _COLUMNS}

    @staticmethod
    def text(row: Row) -> str:
        """The dialogue."""
        return str(row["dialogue"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the request and the dialogue."""
        return [{"role": "user", "content": f"{_REQUEST}\n\n{row['dialogue']}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The note."""
        return str(row["note"])

    @staticmethod
    def gold(row: Row) -> str:
        """The note."""
        return str(row["note"])
