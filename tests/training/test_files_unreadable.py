"""Data that cannot be read ends in one plain sentence that names the file and the reason."""

import errno
import json
import socket
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.training.experiments import SHORT, run, spec
from tests.training.test_files import OURS, home, hub, write
from tests.training.test_operators import apply, make
from training import extensions
from training.data import files, tsv
from training.errors import DataRefused, RecipeError
from training.fingerprint import identity
from training.recipe import Step

__all__ = ["home", "hub"]  # fixtures

ROW = {"sentence": "a film", "label": 1}


def _whole() -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist([ROW] * 3_000), sink, row_group_size=500)
    return sink.getvalue().to_pybytes()


PARQUET = _whole()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.jsonl", bytes(range(256)) * 20, "is not UTF-8 text at byte 128: save it as UTF-8"),
        ("x.jsonl", b"\0" * 500, "line 1 holds a NUL byte: it is a binary file"),
        ("x.csv", b"\x1f\x8b\x08\x00\xff" * 9, "is not UTF-8 text at byte 1"),
        ("x.csv", b"sentence,label\na\0b,1\n", "line 2 holds a NUL byte"),
        ("x.csv", "sentence,label\nfine,1\n".encode("utf-16-le"), "line 1 holds a NUL byte"),
        ("x.jsonl", '{"sentence": "é"}\n'.encode("latin-1"), "is not UTF-8 text at byte 14"),
        ("x.jsonl", json.dumps(ROW).encode("utf-16"), "is not UTF-8 text at byte 0"),
        ("x.jsonl", b"[" * 200_000, "line 1 is not JSON: maximum recursion depth"),
        ("x.jsonl", b'{"sentence": "\\ud800"}', "line 1 has half a character (a surrogate)"),
        (
            "x.jsonl",
            b'{"sentence": ' + b"1" * 6_000 + b"}",
            "line 1 is not JSON: Exceeds the limit",
        ),
        ("x.csv", b"sentence,sentence\na,b\n", "names the column 'sentence' twice in line 1"),
        ("x.csv", b'sentence,label\n"abc,1\n', "line 2 is not CSV: unexpected end of data"),
        ("x.parquet", b"", "is not a Parquet file: Parquet file size is 0 bytes"),
        ("x.parquet", PARQUET[: len(PARQUET) // 2], "is not a Parquet file: Parquet magic bytes"),
        ("x.parquet", PARQUET[:60] + b"\xff" * 300 + PARQUET[360:], "cannot be read: "),
    ],
)
def test_a_file_that_is_not_what_its_name_says(
    name: str, content: bytes, reason: str, home: Path
) -> None:
    (home / name).write_bytes(content)

    with pytest.raises(RecipeError) as refused:
        apply("load", [], path=name, **OURS)

    told = str(refused.value)
    assert told.startswith(f"data.0.x.path='{name}' {reason}")
    assert "\n" not in told
    assert len(told) < 300


def test_a_date_that_python_has_no_value_for(home: Path) -> None:
    column = pa.array([2**60], pa.timestamp("ms"))
    parquet.write_table(pa.table({"sentence": column}), home / "x.parquet")

    with pytest.raises(DataRefused, match=r"'x\.parquet' has a value that cannot be read"):
        files.preview("x.parquet")


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file may be opened; the tests may run as root, whom no permission stops."""

    def refuse(self: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)


def test_a_file_that_may_not_be_read(home: Path, request: pytest.FixtureRequest) -> None:
    write(home / "ours.csv")
    request.getfixturevalue("forbidden")
    load = make("load", path="ours.csv", **OURS)

    for read in (lambda: list(load.apply([])), lambda: list(load.outside())):
        with pytest.raises(RecipeError) as refused:
            read()
        told = str(refused.value)
        assert told == "data.0.x.path='ours.csv' cannot be read: Permission denied"


def test_an_experiment_on_a_file_that_may_not_be_read_is_refused_before_compute(
    home: Path, request: pytest.FixtureRequest
) -> None:
    write(home / "ours.csv")
    load = {"path": "ours.csv", "licence": "CC0", "training_allowed": True}
    asked = spec(SHORT, data=(Step(use="load", params=load),))
    identity(asked)
    request.getfixturevalue("forbidden")

    with pytest.raises(DataRefused, match=r"'ours\.csv' cannot be read: Permission denied"):
        identity(asked)


def test_no_hub_is_asked_so_none_can_keep_us_waiting(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(socket.socket, "connect", refuse)

    with pytest.raises(RecipeError, match=r"data\.0\.x\.hub='ada/other@main' is not in the local"):
        apply("load", [], hub="ada/other", **OURS)


def test_a_download_that_was_cut_off_says_so(hub: Path) -> None:
    for file in (hub / "snapshots" / "c1" / "data").iterdir():
        file.unlink()
        file.symlink_to(hub / "blobs" / "missing")

    with pytest.raises(
        RecipeError, match=r"data\.0\.x\.hub='ada/films' is not, and holds no, file"
    ):
        apply("load", [], hub="ada/films", **OURS)


def test_a_broken_reference_in_the_hub_cache_is_told(hub: Path) -> None:
    (hub / "refs" / "main").write_bytes(b"\xff\xfe")

    with pytest.raises(RecipeError, match=r"hub='ada/films@main' is not UTF-8 text"):
        apply("load", [], hub="ada/films", **OURS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"label\tsentence\n1\tf\xffne\n", "'sst2/train.tsv' is not UTF-8 text at byte"),
        (b"label\ttext\n1\tfine\n", "'sst2/train.tsv' row 1 has no label"),
        (b"label\tsentence\nmaybe\tfine\n", "'sst2/train.tsv' row 1 has no label"),
        (b"label\tsentence\n\tfine\n", "'sst2/train.tsv' row 1 has no label"),
    ],
)
def test_published_files_that_are_something_else(
    content: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sst2").mkdir()
    (tmp_path / "sst2" / "train.tsv").write_bytes(content)
    monkeypatch.setenv(tsv.FOLDER, str(tmp_path))

    with pytest.raises(DataRefused) as refused:
        extensions.load(extensions.TASKS, "sst2").edition("full")

    assert str(refused.value).startswith(reason)


def test_a_run_on_unreadable_data_ends_with_the_sentence_and_a_whole_result(
    home: Path, tmp_path: Path
) -> None:
    (home / "binary.jsonl").write_bytes(bytes(range(256)))
    load = {"path": "binary.jsonl", "licence": "CC0", "training_allowed": True}

    status, result = run(
        tmp_path / "run",
        spec(SHORT, data=(Step(use="load", params=load),), cache=str(tmp_path / "cache")),
    )

    assert (status, result["status"]) == (1, "failed")
    assert result["reason"] == (
        "data.0.load.path='binary.jsonl' is not UTF-8 text at byte 128: save it as UTF-8"
    )
    assert not (tmp_path / "cache").exists()
    left = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert left == ["events.jsonl", "recipe.json", "result.json"]
