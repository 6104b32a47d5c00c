"""An export is made once in a process of its own, tells how far it is, can be given up, and is downloaded by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from agents.errors import LeaseLost, SteeringRefused
from explorer import tasks
from explorer.models import Event, Export, Run
from explorer.selectors import exports as found
from explorer.services import exports
from tests.fakes import FakeProcess


@pytest.fixture
def trained(project, grow, tmp_path):
    """A finished trial whose run has a folder."""
    node = grow(grow(state="done", score=0.4), state="done", score=0.8)
    Run.objects.create(node=node, attempt=1, owner="me", directory=str(tmp_path), outcome="done")
    return node


@pytest.fixture
def local(project):
    return Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")


def told(**status: object) -> Callable[[Path], None]:
    """A turn of the process: it writes this word into its status file."""
    return lambda folder: (folder / "export.json").write_text(json.dumps(status)) and None


def packed(folder: Path) -> None:
    (folder / "export.zip").write_bytes(b"PK-of-the-model")
    told(status="done", size_bytes=15, script_refusal="")(folder)


class FakeTools:
    """A runner of tools: its process takes these turns in the run's folder, and then ends."""

    def __init__(self, *turns: Callable[[Path], None], status: int = 0) -> None:
        self._turns, self._status = turns, status
        self.words: list[list[str]] = []
        self.processes: list[FakeProcess] = []

    def start_tool(self, words: list[str], *, output: Path) -> FakeProcess:
        self.words.append(words)
        turns = [lambda turn=turn: turn(output.parent) for turn in self._turns]
        self.processes.append(FakeProcess(turns, self._status))
        return self.processes[-1]


@pytest.fixture
def work(monkeypatch, trained):
    """Runs the task for the one export, with these tools; returns the export as it then is."""

    def run(tools: FakeTools) -> Export:
        # The runner is kept for the life of a worker, so there is no argument to hand another in by.
        monkeypatch.setattr(tasks, "runner", lambda: tools)
        monkeypatch.setattr(tasks, "EXPORT_POLL_S", 0)
        export = Export.objects.get()
        tasks.export_run(export.pk)
        return Export.objects.get()

    return run


def ask(trained):
    exports.ask(trained.project_id, trained.number, actor="ada")


def events(project):
    return [event.data for event in Event.objects.filter(project=project, kind="export")]


def test_an_export_is_asked_for_made_and_downloaded(project, trained, work, local, tmp_path):
    ask(trained)
    tools = FakeTools(told(status="running", stage="pack", done_bytes=5, total_bytes=10), packed)

    assert work(tools).state == "done"

    states = [(each["state"], each["done_bytes"]) for each in events(project)]
    assert states == [("queued", 0), ("running", 0), ("running", 5), ("done", 5)]
    assert tools.words[0][:3] == ["training.export", str(tmp_path), str(tmp_path / "export.zip")]
    answer = local.get(f"/projects/{project.pk}/nodes/1/export.zip")
    assert b"".join(answer) == b"PK-of-the-model"
    assert answer["Content-Disposition"] == 'attachment; filename="sentiment-node-1.zip"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Length"] == "15"


def test_a_second_click_finds_the_archive_and_starts_nothing(project, trained, work, local):
    ask(trained)
    work(FakeTools(packed))
    before = len(events(project))

    ask(trained)

    assert len(events(project)) == before
    assert Export.objects.get().state == "done"


def test_an_archive_that_someone_removed_is_made_anew(project, trained, work, local, tmp_path):
    ask(trained)
    work(FakeTools(packed))
    (tmp_path / "export.zip").unlink()
    assert local.get(f"/projects/{project.pk}/nodes/1/export.zip").status_code == 404
    assert "no longer there" in found.shown(trained)["reason"]

    ask(trained)

    assert work(FakeTools(packed)).state == "done"


def test_a_node_that_took_over_the_result_has_the_archive_at_once(
    project, trained, grow, work, local
):
    ask(trained)
    work(FakeTools(packed))
    twin = grow(trained, state="done", score=0.8, reused_from=trained)

    assert found.shown(twin)["ready"]
    answer = local.get(f"/projects/{project.pk}/nodes/{twin.number}/export.zip")
    assert "sentiment-node-2.zip" in answer["Content-Disposition"]


def test_a_failure_is_one_sentence_on_the_page(project, trained, work, local):
    ask(trained)
    reason = "The export cannot be written: No space left on device (model.safetensors)."

    assert work(FakeTools(told(status="failed", reason=reason), status=1)).state == "failed"

    page = local.get(f"/projects/{project.pk}/nodes/1/", headers={"HX-Request": "true"})
    assert reason in page.content.decode()
    assert 'data-act="export"' in page.content.decode()


def test_a_process_that_dies_without_a_word_fails_the_export(trained, work):
    ask(trained)
    ended = work(FakeTools(status=-9))
    assert (ended.state, "status -9" in ended.reason) == ("failed", True)


def test_a_process_that_cannot_start_fails_the_export(trained, work):
    class Broken(FakeTools):
        def start_tool(self, words, *, output):
            raise FileNotFoundError(output)

    ask(trained)
    Run.objects.update(directory="/no/such/run")
    assert work(Broken()).reason == "The folder of the run is no longer there."


def test_a_cancelled_export_ends_its_process(project, trained, work):
    def cancel(folder):
        exports.cancel(project.pk, trained.number, actor="ada")

    ask(trained)
    tools = FakeTools(cancel, packed)

    ended = work(tools)

    assert (ended.state, ended.reason) == ("cancelled", "Cancelled by ada.")
    assert tools.processes[0].is_stopped_alive
    assert events(project)[-1]["state"] == "cancelled"


def test_a_worker_that_leaves_gives_the_export_to_another(trained, work):
    ask(trained)
    tasks.leaving.set()
    try:
        job = exports.claim(Export.objects.get().pk)
        tasks._watch_export(FakeProcess([lambda: None]), job, Path("/no/such/file"))
    finally:
        tasks.leaving.clear()
    assert Export.objects.get().state == "queued"
    assert work(FakeTools(packed)).state == "done"


def test_an_export_is_claimed_once_and_the_loser_writes_nothing(trained):
    ask(trained)
    export = Export.objects.get()
    first = exports.claim(export.pk)
    assert exports.claim(export.pk) is None
    Export.objects.update(lease_until="2000-01-01T00:00:00Z")

    exports.reap()

    assert Export.objects.get().state == "queued"
    with pytest.raises(LeaseLost):
        exports.beat(first)
    with pytest.raises(LeaseLost):
        exports.finish(first, {"state": "done"})


def test_an_export_that_kills_its_workers_is_given_up(trained):
    ask(trained)
    for _ in range(exports.MAX_ATTEMPTS):
        assert exports.claim(Export.objects.get().pk)
        Export.objects.update(lease_until="2000-01-01T00:00:00Z")
        exports.reap()
    assert (Export.objects.get().state, exports.waiting()) == ("failed", [])


def test_what_has_no_model_is_refused(project, grow, local):
    root = grow(state="done", score=0.4)
    grow(root, state="failed")
    for number in (0, 1):
        with pytest.raises(SteeringRefused, match=f"Node {number} holds no trained model"):
            exports.ask(project.pk, number, actor="ada")
        assert local.get(f"/projects/{project.pk}/nodes/{number}/export.zip").status_code == 404
    assert local.post(f"/projects/{project.pk}/nodes/1/cancel-export/").status_code == 409


def test_a_stranger_is_asked_to_log_in(project, trained):
    away = Client(REMOTE_ADDR="203.0.113.9", HTTP_HOST="localhost")
    answer = away.get(f"/projects/{project.pk}/nodes/1/export.zip")
    assert (answer.status_code, "login" in answer["Location"]) == (302, True)
