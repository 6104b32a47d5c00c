"""What a worker does with a waiting node: devices first, then the claim; and the end that others made."""

from typing import ClassVar

import pytest

from agents.devices import Devices
from explorer import tasks
from tests.fakes import FakeProcess
from training.rundir import RunDir


@pytest.fixture
def worker(settings, tmp_path, monkeypatch):
    """A worker with two devices whose runs end as told; returns the specifications of its runs."""
    settings.TREX_RUNS = tmp_path / "runs"
    specs = []

    class Runner:
        name = "told"
        result: ClassVar = {"status": "done", "reason": "", "score": 0.5, "interval": [0.4, 0.6]}

        def start(self, path):
            specs.append(RunDir(path).spec())
            return FakeProcess([lambda: RunDir(path).write_result(self.result)])

    monkeypatch.setattr(tasks, "runner", Runner)
    monkeypatch.setattr(tasks.devices, "available", lambda: ("0", "1"))
    monkeypatch.setattr(tasks, "leases", lambda: Devices(tmp_path, ("0", "1")))
    return Runner, specs


def two(node):
    node.recipe = {**node.recipe, "devices": 2}
    node.save(update_fields=["recipe"])
    return node


def test_a_run_is_given_the_devices_that_its_recipe_asks_for(worker, grow):
    root = grow(state="done", score=0.5)
    one, both = grow(root, state="queued"), two(grow(root, state="queued"))

    tasks.run_node(one.pk)

    both.refresh_from_db()
    assert [spec.devices for spec in worker[1]] == [("0",), ("0", "1")]
    assert both.state == "done"


def test_while_all_devices_are_leased_a_node_waits_in_the_queue(worker, grow, tmp_path):
    node = two(grow(grow(state="done", score=0.5), state="queued"))
    held = Devices(tmp_path, ("0", "1")).lease(1)
    tasks.run_node(node.pk)
    node.refresh_from_db()
    assert (node.state, node.attempt) == ("queued", 0)

    held.release()
    tasks.run_node(node.pk)

    node.refresh_from_db()
    assert (node.state, node.attempt) == ("done", 1)


def test_more_devices_than_the_machine_has_is_a_result_to_learn_from(worker, grow, monkeypatch):
    monkeypatch.setattr(tasks.devices, "available", lambda: ())
    monkeypatch.setattr(tasks, "leases", lambda: Devices(tasks.settings.TREX_RUNS, ()))
    node = two(grow(grow(state="done", score=0.5), state="queued"))

    tasks.run_node(node.pk)

    node.refresh_from_db()
    assert (node.state, worker[1]) == ("failed", [])
    assert node.failure.startswith("recipe.devices=2 is too many: this machine has 0 CUDA")


def test_a_run_that_others_asked_to_end_is_queued_again(worker, grow, monkeypatch):
    # F32; the second attempt ends well.
    answers = iter([{"status": "cancelled", "reason": "asked to stop"}, worker[0].result])
    monkeypatch.setattr(worker[0], "result", property(lambda self: next(answers)))
    node = grow(grow(state="done", score=0.5), state="queued")

    tasks.run_node(node.pk)

    node.refresh_from_db()
    assert (node.state, node.attempt) == ("done", 2)
