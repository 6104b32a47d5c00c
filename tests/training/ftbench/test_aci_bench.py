"""ACI-Bench: notes of visits, scored by ROUGE-1."""

from collections.abc import Callable
from pathlib import Path

import pytest

from training import extensions
from training.errors import DataRefused
from training.ftbench.scoring import score

TASK = extensions.load(extensions.TASKS, "aci_bench")
METRIC = extensions.load(extensions.METRICS, "rouge1")
HEAD = "dataset,encounter_id,dialogue,note\n"
VISIT = 'aci,D9,"[doctor] what brings you in ?\n[patient] my knee hurts","CHIEF COMPLAINT\nKnee pain."\n'


def test_rouge_1_counts_shared_words_without_stemming() -> None:
    assert METRIC.score(["knee pain"], ["knee pains today"]) == pytest.approx(0.4)


def test_a_visit_is_read_over_several_lines(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(HEAD + VISIT, "utf-8")

    (row,) = TASK.upstream(tmp_path, "train")

    assert TASK.target(row) == TASK.gold(row) == "CHIEF COMPLAINT\nKnee pain."
    assert TASK.prompt(row)[0]["content"].endswith("[patient] my knee hurts")
    assert TASK.part(row) == "aci"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"'train\.csv' holds no row"),
        (HEAD, r"'train\.csv' holds no row"),
        ("dataset,encounter_id,note\naci,D9,Knee.\n", "row 1 has no column 'dialogue'"),
        (HEAD + VISIT + "aci,D10,hello,\n", "row 2: column 'note': '' is not text"),
        (HEAD + "aci,D10\n", "row 1 has not one value for each column"),
        (HEAD + 'aci,D10,"hello', "is not CSV in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_row(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "train.csv").write_text(content, "utf-8")

    with pytest.raises(DataRefused, match=message):
        TASK.upstream(tmp_path, "train")


def test_predictions_of_an_unknown_visit_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(HEAD + VISIT, "utf-8")
    (tmp_path / "mine.csv").write_text("encounter_id,note\nD8,Knee.\n", "utf-8")

    with pytest.raises(DataRefused, match="row 1: encounter_id='D8' is not in the split"):
        score("aci_bench", data=tmp_path, split="train", predictions=tmp_path / "mine.csv")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("BART_large_clinicalnlp_taskB_test1_full.csv", 41.76),
        ("bart-large-xsum-samsum_clinicalnlp_taskB_test1_division_combined.csv", 53.46),
    ],
)
def test_scores_are_those_that_were_published(
    real: Callable[[str], Path], file: str, expected: float
) -> None:
    folder = real("aci_bench")

    found = score(
        "aci_bench", data=folder, split="test1", predictions=folder / "predictions" / file
    )

    assert 100 * found["score"] == pytest.approx(expected, abs=0.05)
    assert found["rows"] == 40
    assert sum(part["rows"] for part in found["subscores"].values()) == 40


@pytest.mark.parametrize(
    ("split", "count"), [("train", 67), ("valid", 20), ("test1", 40), ("test2", 40), ("test3", 40)]
)
def test_every_real_gold_answer_scores_one_and_no_answer_nothing(
    real: Callable[[str], Path], split: str, count: int
) -> None:
    rows = TASK.upstream(real("aci_bench"), split)
    golds = [TASK.gold(row) for row in rows]

    assert len(rows) == count
    assert METRIC.score([TASK.extract(TASK.target(row)) for row in rows], golds) == 1.0
    assert METRIC.score([TASK.extract("")] * count, golds) == 0.0
