"""An identical experiment is not run again, and the page says what that saved."""

import pytest

from explorer.models import Node, Project
from explorer.services import runs
from training import fingerprint
from training.recipe import read

RESULT = {
    "status": "done",
    "reason": "",
    "score": 0.8,
    "interval": [0.7, 0.9],
    "rows": 200,
    "timings": {"train": 10.0, "evaluate": 2.5},
}


@pytest.fixture
def done(project, grow):
    """A node that was run, and a second project's node with the same recipe, both below a baseline."""
    node = grow(grow(state="done", score=0.4), state="queued")
    claim = runs.claim(node.pk, owner="me")
    assert not runs.reuse(claim)
    runs.finish(claim, RESULT)
    return Node.objects.get(pk=node.pk)


@pytest.fixture
def twin(project, done):
    """A queued node of another project with the same recipe."""
    other = Project.objects.get(pk=project.pk)
    other.pk, other.name = None, "Another"
    other.save()
    root = Node.objects.create(
        project=other, number=0, kind="root", state="done", recipe={"training": None}
    )
    return Node.objects.create(
        project=other,
        number=1,
        parent=root,
        kind="trial",
        recipe=done.recipe,
        fingerprint=done.fingerprint,
    )


def test_the_same_experiment_in_another_project_takes_the_result_and_says_from_where(done, twin):
    assert runs.reuse(runs.claim(twin.pk, owner="me"))
    found = Node.objects.get(pk=twin.pk)
    assert (found.state, found.score, found.interval, found.rows) == ("done", 0.8, (0.7, 0.9), 200)
    assert (found.reused_from, found.saved_s) == (done, 12.5)
    assert found.changing()["saved_s"] == 12.5


def test_a_project_that_wants_its_own_runs_gets_them(done, twin):
    Project.objects.filter(pk=twin.project_id).update(reuse=False)
    assert not runs.reuse(runs.claim(twin.pk, owner="me"))
    assert Node.objects.get(pk=twin.pk).state == "running"


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"training": {"use": "sft", "params": {"learning_rate": 0.5}}}, {"replicas": 2}],
)
def test_another_experiment_is_run(done, twin, change):
    Node.objects.filter(pk=twin.pk).update(recipe=done.recipe | change)
    assert not runs.reuse(runs.claim(twin.pk, owner="me"))


def test_a_failed_experiment_is_not_reused(done, twin):
    Node.objects.filter(pk=done.pk).update(state="failed")
    assert not runs.reuse(runs.claim(twin.pk, owner="me"))


def test_where_and_with_how_many_threads_a_run_happens_does_not_count(done, twin):
    spec = runs.claim(twin.pk, owner="me").spec
    elsewhere = spec.model_copy(
        update={"threads": 7, "run_id": "x", "cache": None, "checkpoints": "/elsewhere"}
    )
    assert fingerprint.identity(spec) == fingerprint.identity(elsewhere)


def test_the_parent_counts_only_for_a_recipe_that_starts_from_it(done, twin):
    spec = runs.claim(twin.pk, owner="me").spec
    assert fingerprint.identity(spec, parent="a") == fingerprint.identity(spec, parent="b")
    going_on = spec.model_copy(
        update={"recipe": spec.recipe.model_copy(update={"start_from": "parent"})}
    )
    assert fingerprint.identity(going_on, parent="a") != fingerprint.identity(going_on, parent="b")


@pytest.mark.parametrize(("use", "counts"), [("llm_score", True), ("dedupe_exact", False)])
def test_the_language_model_counts_for_a_recipe_that_has_it_asked(done, twin, use, counts):
    spec = runs.claim(twin.pk, owner="me").spec
    data = [*spec.recipe.model_dump()["data"], {"use": use}]
    recipe = read(spec.recipe.model_dump() | {"data": data})
    one, other = (
        fingerprint.identity(spec.model_copy(update={"recipe": recipe, "answerer": name}))
        for name in ("openai/one", "openai/other")
    )
    assert (one != other) == counts


def test_code_that_the_recipe_does_not_use_does_not_count(done, twin):
    code = fingerprint._code(runs.claim(twin.pk, owner="me").spec)
    assert "training.operators.load" in code
    assert "training.operators.decontaminate" in code
    assert "training.operators.balance" not in code
    assert "training.run" in code


def test_a_child_that_starts_from_its_parent_is_told_where_the_parents_model_lies(
    project, grow, done
):
    child = grow(done, state="queued")
    claim = runs.claim(child.pk, owner="me")
    assert claim.spec.parent_model == str(
        runs.settings.TREX_RUNS / str(project.pk) / "1-1" / "model"
    )
    assert claim.parent_identity == done.identity


def test_all_attempts_at_a_node_share_their_checkpoints(project, grow):
    node = grow(grow(state="done", score=0.4), state="queued")
    first = runs.claim(node.pk, owner="me")
    runs.hand_over(first, "its worker was shut down")
    second = runs.claim(node.pk, owner="me")
    assert first.directory != second.directory
    assert first.spec.checkpoints == second.spec.checkpoints


def test_an_experiment_that_leaves_files_is_always_run(done, twin):
    step = {"use": "export", "params": {}}
    recipe = read(done.recipe | {"data": [*done.recipe["data"], step]}).model_dump(mode="json")
    for node in (done, twin):
        Node.objects.filter(pk=node.pk).update(recipe=recipe)
    assert not runs.reuse(runs.claim(twin.pk, owner="me"))


def test_data_files_count_by_their_content(done, twin, tmp_path, monkeypatch):
    monkeypatch.setenv("TREX_DATA", str(tmp_path))
    rows = tmp_path / "rows.jsonl"
    load = {"path": "rows.jsonl", "licence": "CC0-1.0", "training_allowed": True}
    recipe = read(done.recipe | {"data": [{"use": "load", "params": load}]})
    spec = runs.claim(twin.pk, owner="me").spec.model_copy(update={"recipe": recipe})
    rows.write_text('{"sentence": "fine", "label": 1}\n')
    first = fingerprint.identity(spec)
    rows.write_text('{"sentence": "bad", "label": 0}\n')
    assert fingerprint.identity(spec) != first
