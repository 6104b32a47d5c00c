"""People's own data: what is read, and what each bad file is told."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.training.test_operators import apply, make
from training.data import files
from training.data.files import preview
from training.errors import DataRefused, LicenceRefused, RecipeError

OURS = {"licence": "CC0", "training_allowed": True, "sources": None, "rows": None}
ROWS = [{"sentence": f"our film {place}", "label": place % 2} for place in range(5)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv(files.FOLDER, str(tmp_path / "data"))
    return tmp_path / "data"


def jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")


def write(path: Path) -> None:
    """ROWS in the format that the name says."""
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        jsonl(path, ROWS)
    else:
        tab = "\t" if path.suffix == ".tsv" else ","
        lines = [f"{row['sentence']}{tab}{row['label']}" for row in ROWS]
        path.write_text("\n".join([f"sentence{tab}label", *lines]), "utf-8")


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_every_format_gives_the_same_rows(suffix: str, home: Path) -> None:
    write(home / f"ours{suffix}")

    rows = apply("load", [], path=f"ours{suffix}", **OURS)

    assert rows == [{**row, "source": f"ours{suffix}"} for row in ROWS]


def test_a_folder_is_all_its_files_in_order(home: Path) -> None:
    (home / "ours" / "more").mkdir(parents=True)
    for name in ("b.csv", "a.jsonl", "more/c.parquet"):
        write(home / "ours" / name)
    (home / "ours" / "notes.txt").write_text("not data", "utf-8")

    assert len(apply("load", [], path="ours", **OURS)) == 15
    assert preview("ours").files == ("a.jsonl", "b.csv", "c.parquet")


def test_columns_map_onto_the_task_and_may_bring_a_worse_answer(home: Path) -> None:
    jsonl(home / "pairs.jsonl", [{"review": "fine", "stars": "Positive", "bad": "negative"}])
    columns = {"sentence": "review", "label": "stars", "rejected": "bad"}

    (row,) = apply("load", [], path="pairs.jsonl", columns=columns, **OURS)

    assert row == {
        "sentence": "fine",
        "label": 1,
        "rejected": "negative",
        "source": "pairs.jsonl",
    }


def test_some_rows_of_a_file_are_drawn_by_the_seed(home: Path) -> None:
    write(home / "ours.csv")

    one, same, other = (
        apply("load", [], seed=seed, path="ours.csv", **{**OURS, "rows": 2}) for seed in (1, 1, 2)
    )

    assert len(one) == 2
    assert one == same != other


def test_preview_shows_columns_first_rows_and_the_count(home: Path) -> None:
    write(home / "ours.csv")

    shown = preview("ours.csv", first=2)

    assert (shown.columns, shown.count) == (("sentence", "label"), 5)
    assert shown.rows == (
        {"sentence": "our film 0", "label": "0"},
        {"sentence": "our film 1", "label": "1"},
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.jsonl", b'{"sentence": "a", "label": 1}\n{"sentence"\n', "line 2 is not JSON"),
        ("x.jsonl", b"[1]\n", "line 1 is list, and must be an object with columns"),
        ("x.jsonl", b"", "holds no row"),
        ("x.csv", b"sentence,label\n", "holds no row"),
        ("x.csv", b"sentence,label\na,1,2\n", "line 2 has 3 values for 2 columns"),
        ("x.csv", b"sentence,label\n\xff\xfe,1\n", "is not UTF-8 text at byte"),
        ("x.csv", b'sentence,label\n"a"b,1\n', "line 2 is not CSV"),
        ("x.parquet", b"no parquet at all", "is not a Parquet file"),
        ("x.csv", b"text,label\na,1\n", "row 2 has no column 'sentence' for 'sentence'"),
        ("x.csv", b"sentence,label\na,maybe\n", "row 2: column 'label': 'maybe' is not 0, 1"),
        ("x.csv", b"sentence,label\n ,1\n", "row 2: column 'sentence': ' ' is not text"),
    ],
)
def test_a_bad_file_is_refused_with_file_place_and_reason(
    name: str, content: bytes, reason: str, home: Path
) -> None:
    (home / name).write_bytes(content)

    with pytest.raises(RecipeError) as refused:
        apply("load", [], path=name, **OURS)

    assert str(refused.value).startswith(f"data.0.x.path='{name}' ")
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../secrets.jsonl", "lies outside the folder"),
        ("/etc/passwd", "lies outside the folder"),
        ("missing.csv", "does not exist in the folder"),
        (".", "holds no, file ending in .jsonl, .csv, .tsv, .parquet"),
    ],
)
def test_only_data_files_of_the_data_folder_are_read(path: str, reason: str, home: Path) -> None:
    (home.parent / "secrets.jsonl").write_text("{}", "utf-8")

    with pytest.raises(RecipeError, match=reason):
        apply("load", [], path=path, **OURS)


def test_without_a_data_folder_its_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(files.FOLDER, raising=False)

    with pytest.raises(DataRefused, match="TREX_DATA"):
        preview("ours.csv")


def test_files_are_refused_without_a_licence_or_where_it_forbids_training() -> None:
    with pytest.raises(LicenceRefused, match=r"licence='' must name the licence of 'a\.csv'"):
        make("load", path="a.csv", **{**OURS, "licence": ""})
    with pytest.raises(LicenceRefused, match=r"path='a\.csv' may not be trained on: CC-BY-ND"):
        make("load", path="a.csv", **{**OURS, "licence": "CC-BY-ND", "training_allowed": False})


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cached hub data set with two splits, main at commit c1."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "datasets--ada--films"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("c1", "utf-8")
    (repository / "snapshots" / "c1" / "data").mkdir(parents=True)
    for split in ("train", "test"):
        write(repository / "snapshots" / "c1" / "data" / f"{split}-00000-of-00001.parquet")
    return repository


@pytest.mark.parametrize("revision", ["main", "c1"])
def test_a_hub_data_set_is_read_from_the_cache_by_revision_and_split(
    revision: str, hub: Path
) -> None:
    rows = apply("load", [], hub="ada/films", revision=revision, **OURS)

    assert [row["source"] for row in rows] == ["ada/films"] * 5
    assert preview(hub="ada/films", revision=revision, split="test").count == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revision": "c2"}, "run `hf download ada/films --repo-type dataset --revision c2`"),
        ({"split": "dev"}, "has no file of split='dev'; it has data/test-"),
        ({"revision": "../c1"}, "is not owner/name and a branch, tag or commit"),
        ({"hub": "films"}, "is not owner/name"),
    ],
)
def test_a_hub_data_set_that_is_not_there_says_what_would_be_right(
    change: dict[str, Any], reason: str, hub: Path
) -> None:
    with pytest.raises(RecipeError, match=r"data\.0\.x\.hub=") as refused:
        apply("load", [], **{"hub": "ada/films", **OURS, **change})

    assert reason in str(refused.value)


def test_a_source_without_rows_and_a_load_of_nothing_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"data\.0\.x\.sources='hollow' has no rows"):
        make("load", sources=["hollow"])
    with pytest.raises(RecipeError, match="needs sources, a path or a hub id"):
        make("load", sources=None)
    with pytest.raises(RecipeError, match="need a step each"):
        make("load", path="a.csv", hub="ada/films")


def test_the_hash_of_what_is_read_follows_the_content(home: Path) -> None:
    write(home / "ours.csv")
    before = list(make("load", path="ours.csv", **OURS).outside())

    (home / "ours.csv").write_text("sentence,label\nanother,1\n", "utf-8")

    assert list(make("load", path="ours.csv", **OURS).outside()) != before
