"""Scores of predictions, from files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT
from training.errors import DataRefused, MissingLibrary, RecipeError
from training.ftbench import optional
from training.ftbench.scoring import score

REVIEWS = "label\tcontent\n1\ta fine film\n0\ta dull film\n"
RIGHT = [{"row": 0, "prediction": "positive"}, {"row": 1, "prediction": "It is positive."}]


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    (tmp_path / "dev.tsv").write_text(REVIEWS, "utf-8")
    return tmp_path


def lines(folder: Path, *rows: object) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_json_lines_are_scored_for_any_task(reviews: Path) -> None:
    found = score("sst2", data=reviews, split="dev", predictions=lines(reviews, *RIGHT))

    assert found == {"task": "sst2", "score": 0.5, "rows": 2, "subscores": {}}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (RIGHT[:1], "has no prediction for 1 rows, the first is row=1"),
        ([*RIGHT, RIGHT[0]], "row 3: row=0 is there twice"),
        ([{"row": 2, "prediction": "positive"}], r"row 1: row=2 is not in 0\.\.1"),
        ([{"row": 0, "prediction": 1}], "row 1: prediction=1 is not text"),
        ([{"row": 0}], "row 1 has no column 'prediction'"),
        ([1], "row 1 is int, and must be an object"),
        ([], "holds no row"),
    ],
)
def test_predictions_that_do_not_fit_are_told_with_their_row(
    reviews: Path, rows: list[object], message: str
) -> None:
    with pytest.raises(DataRefused, match=message):
        score("sst2", data=reviews, split="dev", predictions=lines(reviews, *rows))


def test_an_unknown_split_is_named(reviews: Path) -> None:
    with pytest.raises(RecipeError, match="split='test9' is not one of train, dev, test"):
        score("sst2", data=reviews, split="test9", predictions=reviews)


def test_predictions_that_are_not_there_are_named(reviews: Path) -> None:
    with pytest.raises(DataRefused, match="does not exist"):
        score("sst2", data=reviews, split="dev", predictions=reviews / "none.jsonl")


def test_a_library_that_is_missing_is_named_with_the_extra() -> None:
    with pytest.raises(MissingLibrary, match=r"'trex-explorer\[ftbench\]' adds it"):
        optional.library("no_such_library.part")


def bench(*words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    program = f"import sys; from trex_web.cli import main; status = main(sys.argv[1:]); {code or 'sys.exit(status)'}"
    return subprocess.run(
        [sys.executable, "-c", program, "bench", "score", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


def test_the_command_prints_one_json_object_and_loads_no_torch(reviews: Path) -> None:
    predictions = lines(reviews, *RIGHT)
    unloaded = "print(sorted({'torch', 'datasets', 'transformers'} & set(sys.modules)))"

    done = bench(
        "sst2", "--data", str(reviews), "--split", "dev", "--predictions", str(predictions), "--json",
        code=unloaded,
    )  # fmt: skip

    first, second = done.stdout.splitlines()
    assert json.loads(first) == {"task": "sst2", "score": 0.5, "rows": 2, "subscores": {}}
    assert second == "[]"


def test_the_command_says_in_one_line_why_it_cannot_score(reviews: Path) -> None:
    done = bench("sst3", "--data", str(reviews), "--split", "dev", "--predictions", "x")

    assert done.returncode == 1
    assert "sst3" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_json_the_command_prints_a_line_for_each_part(reviews: Path) -> None:
    predictions = str(lines(reviews, *RIGHT))

    done = bench("sst2", "--data", str(reviews), "--split", "dev", "--predictions", predictions)

    assert done.stdout.split() == ["sst2", "score", "0.5000", "rows", "2"]
    assert done.returncode == 0
