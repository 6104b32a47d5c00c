"""FT-Bench task `hoc`: which hallmarks of cancer an abstract is about."""

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import DataRefused, RowRefused
from training.ftbench import Message, importing
from training.ftbench.imported import ImportedTask
from training.ftbench.importing import Raw
from training.ftbench.mini import hoc as mini_rows

HALLMARKS = (
    "activating invasion and metastasis",
    "avoiding immune destruction",
    "cellular energetics",
    "enabling replicative immortality",
    "evading growth suppressors",
    "genomic instability and mutation",
    "inducing angiogenesis",
    "resisting cell death",
    "sustaining proliferative signaling",
    "tumor promoting inflammation",
)
_NONE = "none"
_SEPARATOR = "; "
_ARCHIVE = "hoc_text_labels.tar.gz"
_SEGMENTS = re.compile("<|AND")
_LIST = _SEPARATOR.join(HALLMARKS)
_REQUEST = f"""Which hallmarks of cancer does this abstract report evidence for? Answer with those that apply, with
semicolons between them, or with {_NONE}. They are: {_LIST}."""
_SHORT_REQUEST = (
    f"Which hallmarks of cancer does this abstract show? Name them, or answer {_NONE}."
)


class Hoc(ImportedTask):
    """Hallmarks of Cancer (Baker et al., Bioinformatics 32, 2016): 1,852 abstracts, each with any of ten hallmarks.

    Upstream has two files for an abstract. `text/90000001.txt`, a sentence a line: `Loss of p53 kept the cells from dying .`
    and `labels/90000001.txt`, a segment for each sentence: `<Resisting cell death--Apoptosis AND Genomic instability
    and mutation--Mutation`. The 37 classes are taken as the ten hallmarks that they begin with. Upstream has no
    splits: seeded, a tenth validates and a fifth is sealed, by abstract. The prompt lists the ten hallmarks, but not
    to a text shorter than that list, as those of the mini edition are and none of upstream's is.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "hoc"
    title: ClassVar[str] = "Hallmarks of Cancer (abstracts)"
    metric: ClassVar[str] = "macro_f1"
    licence: ClassVar[str] = "GPL-3.0"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/sb895/Hallmarks-of-Cancer"
    hub_id: ClassVar[str] = "bigbio/hallmarks_of_cancer"
    max_new_tokens: ClassVar[int] = 64
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    splits: ClassVar[tuple[str, ...]] = ("all",)
    columns: ClassVar[Mapping[str, str]] = {
        "pmid": "PubMed id of the abstract",
        "text": "the abstract",
        "labels": "list of hallmarks, or text with semicolons or upstream's marks between them",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """A tenth validates, a fifth is sealed."""
        rows = cls.upstream(folder, "all")
        held, train = importing.carve(rows, 0.3, key=lambda row: row["pmid"])
        validation, test = importing.carve(held, 1 / 3, key=lambda row: row["pmid"])
        sources = cls.made(train, note="Seven tenths of the abstracts")
        return Edition("full", sources, validation, test)

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """All abstracts by id, from the archive or from its folders `text` and `labels`."""
        if (folder / _ARCHIVE).is_file():
            found = _unpacked(folder / _ARCHIVE)
        else:
            found = _files(importing.locate(folder, "labels").parent)
        raw = [_raw(found, name) for name in sorted(found["labels"])]
        return importing.read(
            "labels", importing.with_columns("labels", raw, cls.columns), cls.row
        )

    @staticmethod
    def row(raw: Row) -> Row:
        """The labels become hallmarks, sorted. Raises RowRefused for one that is none."""
        labels = raw["labels"]
        marks = labels if isinstance(labels, list) else re.split("<|AND|;", str(labels))
        names = {str(mark).split("--")[0].strip().casefold() for mark in marks}
        hallmarks = names - {"", "null", _NONE}
        if unknown := sorted(hallmarks - set(HALLMARKS)):
            raise RowRefused("labels", unknown[0], f"is not one of {', '.join(HALLMARKS)}")
        return {
            "pmid": str(raw["pmid"]),
            "text": importing.text_of(raw, "text"),
            "labels": sorted(hallmarks),
        }

    @staticmethod
    def text(row: Row) -> str:
        """The abstract."""
        return str(row["text"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """One user message with the ten hallmarks and the abstract; of a text shorter than their list, without them."""
        request = _REQUEST if len(row["text"]) >= len(_LIST) else _SHORT_REQUEST
        return [{"role": "user", "content": f"{request}\n\n{row['text']}"}]

    @staticmethod
    def target(row: Row) -> str:
        """The hallmarks with semicolons between them, or `none`."""
        return _SEPARATOR.join(row["labels"]) or _NONE

    @staticmethod
    def gold(row: Row) -> str:
        """The same."""
        return _SEPARATOR.join(row["labels"]) or _NONE

    @staticmethod
    def alternatives(row: Row) -> list[str]:
        """Each hallmark alone that the abstract is not about."""
        return [hallmark for hallmark in HALLMARKS if hallmark not in row["labels"]]

    @staticmethod
    def extract(text: str) -> str | None:
        """The hallmarks that are named, sorted; `none` where that is said instead."""
        said = " ".join(text.casefold().split())
        found = [hallmark for hallmark in HALLMARKS if hallmark in said]
        return _SEPARATOR.join(found) or (_NONE if _NONE in said else None)


def _unpacked(archive: Path) -> dict[str, dict[str, str]]:
    """Contents of the files in the archive's folders, by folder and name."""
    found: dict[str, dict[str, str]] = {"text": {}, "labels": {}}
    try:
        with tarfile.open(archive) as members:
            for member in members:
                folder, _, name = member.name.removeprefix("./").rpartition("/")
                file = members.extractfile(member) if folder in found else None
                if file:
                    found[folder][name] = file.read().decode("utf-8")
    except (tarfile.TarError, EOFError, OSError, UnicodeDecodeError) as error:
        raise DataRefused(archive.name, f"is not a readable archive: {error}") from error
    return found


def _files(folder: Path) -> dict[str, dict[str, str]]:
    """The same from folders."""
    try:
        return {
            kind: {file.name: file.read_text("utf-8") for file in (folder / kind).glob("*.txt")}
            for kind in ("text", "labels")
        }
    except (OSError, UnicodeDecodeError) as error:
        raise DataRefused(str(folder), f"cannot be read: {error}") from error


def _raw(found: dict[str, dict[str, str]], name: str) -> Raw:
    if name not in found["text"]:
        raise DataRefused(f"labels/{name}", f"has no text/{name}")
    labels = _SEGMENTS.split(found["labels"][name])
    return {"pmid": name.removesuffix(".txt"), "text": found["text"][name], "labels": labels}
