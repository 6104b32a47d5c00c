"""LawBench: each subtask's rule, and the scores that its authors published."""

import csv
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training import extensions
from training.errors import DataRefused
from training.ftbench.law.rules import RULES
from training.ftbench.scoring import score

TASK = extensions.load(extensions.TASKS, "lawbench")
METRIC = extensions.load(extensions.METRICS, "lawbench")
EXACT = ("1-2", "2-4", "2-8", "3-6", "3-7")
SORTS = "确定咨询的类别，类别包括：婚姻家庭、劳动纠纷、房产纠纷。"


def row(subtask: str, question: str, answer: str, instruction: str = "请回答。") -> dict[str, Any]:
    return TASK.row(
        {"subtask": subtask, "instruction": instruction, "question": question, "answer": answer}
    )


def scored(answer: str, of: dict[str, Any]) -> float:
    return METRIC.score([TASK.extract(answer)], [TASK.gold(of)])


@pytest.mark.parametrize(
    ("subtask", "gold", "answer", "expected"),
    [
        ("1-2", "正确答案：B。", "[正确答案]B<eoa>", 1.0),
        ("1-2", "正确答案：B。", "A或B", 0.0),
        ("2-7", "法院判决离婚", "法院判决离婚", 1.0),
        ("2-5", "回答:蓝色三轮货车", "三轮车", 2 / 3),
        ("2-9", "支付/给付;获利", "支付/给付", 2 / 3),
        ("2-10", "没收;交还", "没收", 2 / 3),
        ("2-10", "没收;交还", "交还；没收", 1.0),
        ("2-6", "受害人:丁某;时间:昨日", "受害人：丁某\n时间：无", 2 / 3),
        ("2-6", "", "无", 1.0),
        ("3-1", "法条:刑法第101、102条", "刑法第一百零一条", 2 / 3),
        ("3-3", "罪名:盗窃;诈骗", "[罪名]盗窃罪<eoa>", 2 / 3),
        ("3-4", "刑期:12个月", "[刑期]一年<eoa>", 1.0),
        ("3-4", "刑期:0个月", "216个月", 0.0),
        ("3-4", "刑期:无期", "无期徒刑", 1.0),
        ("3-7", "上文涉及到的犯罪金额:1234.0元。", "[金额]1234元<eoa>", 1.0),
    ],
)
def test_an_answer_scores_by_the_rule_of_its_subtask(
    subtask: str, gold: str, answer: str, expected: float
) -> None:
    events = "事件包括：支付/给付，获利，拘捕。"

    assert scored(answer, row(subtask, "某案", gold, events)) == pytest.approx(expected)


def test_a_classification_needs_the_one_right_label_of_its_instruction() -> None:
    asked = row("2-4", "房东不退押金该怎么办", "房产纠纷", SORTS)

    assert scored("[类别]房产纠纷<eoa>", asked) == 1.0
    assert scored("房产纠纷或劳动纠纷", asked) == 0.0
    assert TASK.alternatives(asked) == ["婚姻家庭", "劳动纠纷"]


def test_a_correction_is_scored_by_its_edits_and_precision_weighs_more() -> None:
    asked = row("2-1", "他的行为以构成犯罪，应当承但责任", "他的行为已构成犯罪，应当承担责任")

    assert scored("他的行为已构成犯罪，应当承担责任", asked) == 1.0
    assert scored("他的行为已构成犯罪，应当承但责任", asked) == pytest.approx(5 / 6)
    assert scored("他的行为以构成犯罪，应当承但责任", asked) == 0.0


def test_life_sentences_are_left_out_of_the_mean_of_terms() -> None:
    golds = [TASK.gold(row("3-5", "某案", f"刑期:{term}")) for term in ("12个月", "无期")]

    assert METRIC.score(["12个月", "20年"], golds) == 1.0


def test_subtasks_weigh_the_same_however_many_rows_they_have() -> None:
    golds = [TASK.gold(row("1-2", "某题", "B"))] * 3 + [TASK.gold(row("2-7", "某题", "判决"))]

    assert METRIC.score(["B", "B", "B", None], golds) == 0.5


def test_an_answer_without_what_was_asked_for_abstains() -> None:
    golds = [TASK.gold(row("1-2", "某题", "B"))] * 4

    assert METRIC.measures(["B", "A", "不知道", None], golds) == {"abstention_rate": 0.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", r"'1-1\.json' holds no row"),
        ("{", r"'1-1\.json' is not JSON"),
        ('[{"instruction": "问", "question": "?"}]', r"row 1 has no column 'answer'"),
        ('[{"instruction": "问", "question": " ", "answer": "答"}]', "row 1: column 'question'"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_row(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "zero_shot").mkdir()
    (tmp_path / "zero_shot" / "1-1.json").write_text(content, "utf-8")

    with pytest.raises(DataRefused, match=message):
        TASK.upstream(tmp_path, "zero_shot")


def test_a_label_outside_of_the_instruction_is_told_with_file_and_row(tmp_path: Path) -> None:
    rows = [
        {"instruction": SORTS, "question": "问", "answer": answer}
        for answer in ("房产纠纷", "其他")
    ]
    upstream(tmp_path, {"2-4": rows})

    with pytest.raises(
        DataRefused, match=r"'2-4\.json' row 2: column 'answer': '其他' holds none"
    ):
        TASK.upstream(tmp_path, "zero_shot")


def upstream(folder: Path, files: dict[str, list[dict[str, str]]]) -> None:
    """Files of all subtasks: one row each where none are given."""
    (folder / "zero_shot").mkdir()
    for subtask in RULES:
        sole = {"instruction": SORTS, "question": "问", "answer": "婚姻家庭"}
        rows = files.get(subtask, [sole])
        (folder / "zero_shot" / f"{subtask}.json").write_text(json.dumps(rows), "utf-8")


def test_predictions_of_another_version_of_a_question_are_left_out(tmp_path: Path) -> None:
    rows = [{"instruction": "选", "question": question, "answer": "B"} for question in "甲乙"]
    upstream(tmp_path, {"1-2": rows})
    asked = [("选\n乙", "B"), ("选\n丙", "A")]
    written = {
        str(number): {"origin_prompt": [{"role": "HUMAN", "prompt": prompt}], "prediction": answer}
        for number, (prompt, answer) in enumerate(asked)
    }
    predictions = tmp_path / "model"
    predictions.mkdir()
    (predictions / "1-2.json").write_text(json.dumps(written), "utf-8")

    found = score("lawbench", data=tmp_path, split="zero_shot", predictions=predictions)

    assert found["subscores"]["1-2"] == {
        "score": 1.0,
        "abstention_rate": 0.0,
        "rows": 1,
        "left_out": 1,
    }
    assert len(found["missing"]) == 19


@pytest.fixture(scope="module")
def rescored(
    real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, float]]:
    """Our scores of the published predictions, and the published ones."""
    folder, unpacked = real("lawbench"), tmp_path_factory.mktemp("lawbench")
    with tarfile.open(folder / "predictions" / "zero_shot_GPT-3.5-turbo-0613.tar.gz") as archive:
        archive.extractall(unpacked, filter="data")
    (predictions,) = (unpacked / "predictions" / "zero_shot").iterdir()
    with (folder / "predictions" / "published_zero_shot.csv").open() as lines:
        published = {row["task"]: float(row["score"]) for row in csv.DictReader(lines)}
    return score("lawbench", data=folder, split="zero_shot", predictions=predictions), published


@pytest.mark.parametrize("subtask", [name for name in RULES if name not in ("2-9", "2-10")])
def test_scores_are_those_that_were_published(
    rescored: tuple[dict[str, Any], dict[str, float]], subtask: str
) -> None:
    ours, published = rescored

    tolerance = 1e-9 if subtask in EXACT else 0.005
    assert ours["subscores"][subtask]["score"] == pytest.approx(published[subtask], abs=tolerance)
    assert ours["missing"] == ["2-9", "2-10"]


def test_every_real_gold_answer_scores_one_and_no_answer_nothing(
    real: Callable[[str], Path],
) -> None:
    rows = TASK.upstream(real("lawbench"), "zero_shot")
    golds = [TASK.gold(each) for each in rows]

    assert len(rows) == 20 * 500
    assert min(METRIC.rows([TASK.extract(TASK.target(each)) for each in rows], golds)) > 1 - 1e-9
    assert METRIC.score([TASK.extract("")] * len(rows), golds) == 0.0


@pytest.mark.parametrize("subtask", ["3-1", "3-4", "3-7"])
@pytest.mark.parametrize(
    "text", ["第" + "一、" * 2_000, "第" + "一" * 4_000, "9" * 5_000 + "个月"]
)
def test_a_hostile_answer_is_scored_like_any_other(subtask: str, text: str) -> None:
    gold = {"3-1": "法条:刑法第101条", "3-4": "刑期:12个月", "3-7": "金额:1234.0元"}[subtask]

    assert scored(text, row(subtask, "某案", gold)) < 1.0
