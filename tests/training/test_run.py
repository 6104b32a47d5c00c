"""A training process: what it leaves behind when it ends well, badly, or is asked to stop."""

import json
import os  # noqa: F401
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.experiments import CLEAN, SHORT, events, run, spec
from training.recipe import Step
from training.rundir import RunDir

DoneRun = Callable[[str], Path]


def start(path: Path, specification: Any, *options: str) -> "subprocess.Popen[bytes]":
    RunDir.create(path, specification)
    command = [sys.executable, "-m", "training.run", str(path), *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def wait_for_event(path: Path, kind: str, *, within_s: float = 60) -> None:
    """Return once an event of `kind` is there; files cannot be awaited, so look often."""
    reader, deadline = RunDir(path).reader(), time.monotonic() + within_s
    while not any(event["kind"] == kind for event in reader.read_new()):
        assert time.monotonic() < deadline, f"no {kind} event within {within_s} s"
        time.sleep(0.02)


def test_a_baseline_only_evaluates(tmp_path: Path) -> None:
    status, result = run(tmp_path / "run", spec())

    assert (status, result["status"], result["reason"], result["train"]) == (0, "done", "", None)
    assert (result["metric"], result["rows"], len(result["samples"])) == ("accuracy", 200, 20)
    assert result["interval"][0] <= result["score"] <= result["interval"][1]
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize(
    ("tuner", "file"), [("full", "model.safetensors"), ("lora", "adapter_model.safetensors")]
)
def test_a_trial_trains_evaluates_and_saves(tuner: str, file: str, done_run: DoneRun) -> None:
    path = done_run(tuner)
    result = RunDir(path).result()

    assert result is not None
    assert (result["status"], result["train"]["steps"]) == ("done", 6)
    assert (result["parameters"]["trainable"] == result["parameters"]["total"]) == (
        tuner == "full"
    )
    assert (path / "model" / file).is_file()
    assert list(result["timings"]) == ["prepare", "load", "train", "evaluate", "save"]


def test_events_tell_stages_data_metrics_and_progress_in_order(done_run: DoneRun) -> None:
    seen = events(done_run("full"))

    stages = [(event["stage"], event["status"]) for event in seen if event["kind"] == "stage"]
    assert [stage for stage, status in stages if status == "finished"] == [
        "prepare",
        "load",
        "train",
        "evaluate",
        "save",
    ]
    assert [event["operator"] for event in seen if event["kind"] == "data"] == [
        "load",
        "decontaminate",
    ]
    assert {event["kind"] for event in seen} >= {"stage", "data", "metric", "progress"}


def test_predictions_hold_every_validation_row_once(done_run: DoneRun) -> None:
    lines = (done_run("full") / "predictions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    result = RunDir(done_run("full")).result()

    assert result is not None
    assert (len(rows), len({row["prompt"] for row in rows})) == (200, 200)
    assert sum(row["correct"] for row in rows) / 200 == result["score"]


def test_the_test_split_is_never_read(done_run: DoneRun) -> None:
    from training import extensions

    text = (done_run("full") / "predictions.jsonl").read_text("utf-8")
    task = extensions.load(extensions.TASKS, "sst2")

    assert not any(task.prompt(row)[-1]["content"] in text for row in task.edition("mini").test)


def test_overlapping_rows_are_counted_and_dropped(tmp_path: Path) -> None:
    run(
        tmp_path / "run",
        spec(SHORT, data=(Step(use="load", params={"sources": ["overlapping"]}),)),
    )

    last = [event for event in events(tmp_path / "run") if event["kind"] == "data"][-1]

    assert last["operator"] == "decontaminate"
    assert last["rows_in"] - last["rows_out"] >= 160


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"training": Step(use="sft", params={"lora_r": 0})},
            "training.sft.lora_r=0 Input should be",
        ),
        (
            {"data": (Step(use="load", params={"sources": ["restricted"]}),)},
            "sources='restricted' may not be trained on",
        ),
        ({"data": (CLEAN, Step(use="conjure"))}, "operator='conjure' is not one of"),
        ({"data": ()}, "The data recipe leaves no row to train on."),
        ({"task": "chess"}, "task='chess' is not one of"),
        ({"base_model": "no-such-model"}, "base_model='no-such-model' is neither bundled"),
        ({"edition": "full"}, "edition='full' needs"),
        ({"kind": "baseline"}, "recipe.training='sft' must be null for a baseline"),
    ],
)
def test_what_cannot_run_fails_with_a_plain_reason(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    status, result = run(tmp_path / "run", spec(**{"training": SHORT, **changes}))

    assert (status, result["status"], result["score"]) == (1, "failed", None)
    assert reason in result["reason"]
    assert "\n" not in result["reason"]


def test_a_broken_model_fails_with_its_error_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "llama"}')

    status, result = run(tmp_path / "run", spec(base_model=str(tmp_path / "model")))

    assert (status, result["status"]) == (1, "failed")
    assert any(
        "Traceback" in event["text"]
        for event in events(tmp_path / "run")
        if event["kind"] == "log"
    )


def test_sigterm_ends_a_run_as_cancelled_within_two_seconds(tmp_path: Path) -> None:
    long = Step(use="sft", params={"max_steps": 100_000})
    process = start(tmp_path / "run", spec(long))
    wait_for_event(tmp_path / "run", "metric")

    asked_at = time.monotonic()
    process.terminate()
    status = process.wait(timeout=30)

    result = RunDir(tmp_path / "run").result()
    assert time.monotonic() - asked_at < 2
    assert (status, result and result["status"]) == (143, "cancelled")
    assert result is not None
    assert "prepare" in result["timings"]


def test_a_finished_result_is_not_changed_by_a_late_sigterm(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from training.ending import Ending
from training.rundir import RunDir
ending = Ending(RunDir(Path(sys.argv[1])), {})
ending.watch()
ending.finish("done")
os.kill(os.getpid(), signal.SIGTERM)
"""
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)

    result = RunDir(tmp_path).result()
    assert (ended.returncode, result and result["status"]) == (0, "done")


def test_a_run_with_a_lifeline_ends_with_its_supervisor(tmp_path: Path) -> None:
    process = start(
        tmp_path / "run", spec(Step(use="sft", params={"max_steps": 100_000})), "--lifeline"
    )
    wait_for_event(tmp_path / "run", "stage")
    assert process.stdin is not None

    process.stdin.close()

    assert process.wait(timeout=30) == -signal.SIGKILL
    assert not (tmp_path / "run" / "result.json").exists()


def test_another_process_with_the_same_seed_gives_the_same_loss(
    tmp_path: Path, done_run: DoneRun
) -> None:
    same = Step(use="sft", params={**SHORT.params, "tuner": "full"})
    first = RunDir(done_run("full")).result()

    _, again = run(tmp_path / "again", spec(same))

    assert first is not None
    assert first["train"]["final_loss"] == again["train"]["final_loss"]
