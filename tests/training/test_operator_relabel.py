"""Rows are dropped or relabelled where the model of another node disagrees."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import CLEAN, SHORT, events, run, spec
from tests.training.test_operators import apply, around, row
from training.data import models
from training.errors import RecipeError
from training.fingerprint import identity
from training.operators import Operator, Surroundings
from training.operators.relabel import Relabel
from training.oracle import LocalOracle
from training.recipe import Recipe, RunSpec, Step, TrainedNode

NODE = {"use": "relabel", "params": {"node": 4}}


class Scripted:
    """An oracle whose node answers as it is told."""

    def __init__(self, *answers: str) -> None:
        self._answers = answers

    def node_answers(self, node: int, prompts: Sequence[Any], **_: Any) -> list[str]:
        assert len(prompts) == len(self._answers)
        return list(self._answers)


def told(*answers: str, **params: Any) -> Operator:
    chosen = Relabel.Params(node=4, **params)
    surroundings: Any = replace(around(), oracle=Scripted(*answers))
    return Relabel(chosen, surroundings)


ROWS = [row("a", 1), row("b", 1), row("c", 0), row("d", 0)]
ANSWERS = ("positive", "It is Negative.", "negative", "no idea")


def test_rows_whose_label_the_node_does_not_give_are_dropped_and_counted() -> None:
    operator = told(*ANSWERS)

    kept = list(operator.apply(ROWS))

    assert kept == [ROWS[0], ROWS[2]]
    assert operator.drops.samples() == [
        "label positive, predicted negative: b",
        "label negative, predicted none: d",
    ]
    assert operator.note.startswith("node 4 agrees with 2 of 4 labels: 2 rows dropped (")


def test_a_label_is_replaced_by_the_prediction_and_kept_where_there_is_none() -> None:
    operator = told(*ANSWERS, mode="replace")

    rows = list(operator.apply(ROWS))

    assert rows == [row("a", 1), row("b", 0), row("c", 0), row("d", 0)]
    assert (
        operator.note
        == "node 4 agrees with 2 of 4 labels: 1 replaced, 1 kept for want of an answer"
    )


def test_an_answer_that_is_written_out_already_is_not_left_wrong_behind() -> None:
    with pytest.raises(RecipeError, match=r"data\.0\.x\.mode='replace' .* `completion`"):
        list(told("positive", mode="replace").apply([{**row("a"), "completion": "positive"}]))


def test_a_task_that_cannot_write_labels_only_drops() -> None:
    class Silent:
        text = prompt = gold = staticmethod(str)

    surroundings: Any = replace(around(), task=Silent())
    operator = Relabel(Relabel.Params(node=4, mode="replace"), surroundings)

    with pytest.raises(RecipeError, match="needs a task that can write labels"):
        list(operator.apply([row("a")]))


def test_it_says_what_the_real_model_says() -> None:
    from training.evaluate import evaluate
    from training.loading import load

    task = around().task
    rows = [row("a warm and wonderful film", place % 2) for place in range(2)]
    model, tokenizer = load(models.resolve("trex-tiny"), None)
    found = evaluate(task, rows, model=model, tokenizer=tokenizer, emit=lambda *_, **__: None)

    kept = apply("relabel", rows)

    assert kept == [each for each, one in zip(rows, found.predictions, strict=True) if one.correct]


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ({}, "is no node of this project"),
        ({4: TrainedNode(missing="is running, and must be done")}, "is running, and must be done"),
        ({4: TrainedNode(folder="/nowhere")}, "has lost its model"),
    ],
)
def test_a_node_that_cannot_be_asked_is_refused_with_field_and_number(
    nodes: dict[int, TrainedNode], reason: str
) -> None:
    asked = spec(SHORT, data=(CLEAN, Step(**NODE)), nodes=nodes)
    oracle = LocalOracle(asked, models.resolve("trex-tiny"), lambda *_, **__: None)
    around_it: Surroundings = replace(around("data.1.relabel"), oracle=oracle)

    with pytest.raises(RecipeError, match=rf"data\.1\.relabel\.node=4 {reason}"):
        identity(asked)
    with pytest.raises(RecipeError, match=rf"data\.1\.relabel\.node=4 {reason}"):
        list(Relabel(Relabel.Params(node=4), around_it).apply([]))


def _asking(number: int, known: str, folder: str) -> RunSpec:
    step = Step(use="relabel", params={"node": number})
    return spec(
        SHORT, data=(CLEAN, step), nodes={number: TrainedNode(identity=known, folder=folder)}
    )


def test_an_experiment_is_what_the_asked_node_is_and_not_its_number() -> None:
    folder = str(models.resolve("trex-tiny"))

    one, same, other = (
        identity(_asking(number, known, folder))
        for number, known in ((4, "this"), (9, "this"), (4, "that"))
    )

    assert one == same != other


def test_prepared_rows_of_another_model_are_another_entry(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    base = models.resolve("trex-tiny")
    hashes = []
    for weights in (b"one", b"two", b"two"):
        folder = tmp_path / str(len(hashes))
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(weights)
        oracle = LocalOracle(_asking(4, "", str(folder)), base, lambda *_, **__: None)
        hashes.append(oracle.node_hash(4, field="x"))

    assert hashes[0] != hashes[1] == hashes[2]


def test_a_run_asks_the_model_that_another_run_saved(done_run: Any, tmp_path: Path) -> None:
    nodes = {3: TrainedNode(identity="n", folder=str(done_run("lora") / "model"))}
    data = (
        Step(use="load", params={"sources": ["noisy"], "rows": 40}),
        Step(use="relabel", params={"node": 3}),
    )

    _, result = run(tmp_path / "run", spec(SHORT, data=data, nodes=nodes))

    (told_of,) = [each for each in events(tmp_path / "run") if each.get("operator") == "relabel"]
    assert result["status"] == "done"
    assert told_of["rows_in"] == 40
    assert f"node 3 agrees with {told_of['rows_out']} of 40 labels" in told_of["note"]
    progress = [each for each in events(tmp_path / "run") if each["kind"] == "progress"]
    assert progress[0]["stage"] == "prepare"


def test_the_number_of_a_node_is_read_from_incomplete_recipes_too() -> None:
    from training import named_nodes

    steps = (Step(use="wish"), Step(use="relabel"), Step(**NODE))

    assert list(named_nodes.named(Recipe(data=steps))) == [(2, "node", 4)]
