"""A run that falls behind its finished siblings is stopped, told plainly, and counts as a bad result."""

import pytest
from django.test import Client

from explorer import tasks
from explorer.models import Event, Node, Project
from explorer.selectors import milestones, trees
from explorer.services import runs, stopping

SCORES = [0.5, 0.58, 0.62, 0.7, 0.61, 0.66, 0.75]


@pytest.fixture
def siblings(project, grow):
    """A root with seven finished trials that told their scores at half of the steps."""
    Project.objects.filter(pk=project.pk).update(early_stopping=True)
    root = grow(state="done", score=0.4)
    for score in SCORES:
        scored(grow(root, state="queued"), score, done=score + 0.1)
    return root


def told(score, fraction=0.5):
    return {
        "kind": "intermediate",
        "data": {"fraction": fraction, "step": 75, "score": score, "rows": 64},
    }


def scored(node, score, *, done):
    claim = runs.claim(node.pk, owner="me")
    runs.emit(claim, [told(score)])
    runs.finish(claim, {"status": "done", "score": done, "interval": [done - 0.05, done + 0.05]})


def started(grow, root):
    node = grow(root, state="queued")
    return node, runs.claim(node.pk, owner="me")


def hopeless(claim, reason):
    runs.finish(claim, {"status": "cancelled", "cause": "hopeless", "reason": reason})


def test_a_run_below_the_median_is_stopped_with_both_numbers(grow, siblings):
    _, claim = started(grow, siblings)
    report = tasks._Report(claim)
    report.emit([told(0.41)])
    assert report.stop_reason == (
        "stopped at 50 %: 0.41 is below the median 0.62 of 7 trials at that point"
    )


def test_what_was_compared_is_stored_and_decides_again_the_same(project, grow, siblings):
    node, claim = started(grow, siblings)
    first = stopping.judge(claim, told(0.41)["data"])
    second = stopping.judge(claim, told(0.41)["data"])
    one, two = Event.objects.filter(project=project, kind="comparison").order_by("seq")
    assert (first, one.data) == (second, two.data)
    assert one.node == node.number
    assert [other["score"] for other in one.data["others"]] == SCORES
    assert (one.data["median"], one.data["hopeless"]) == (0.62, True)


@pytest.mark.parametrize("score", [0.62, 0.9])
def test_a_run_at_the_median_or_above_goes_on(grow, siblings, score):
    _, claim = started(grow, siblings)
    assert stopping.judge(claim, told(score)["data"]) == ""


def test_other_points_of_the_training_are_not_compared(project, grow, siblings):
    _, claim = started(grow, siblings)
    assert stopping.judge(claim, told(0.1, fraction=0.75)["data"]) == ""
    assert not Event.objects.filter(project=project, kind="comparison").exists()


def test_a_project_that_did_not_ask_stops_nothing_and_asks_for_no_scores(project, grow, siblings):
    Project.objects.filter(pk=project.pk).update(early_stopping=False)
    _, claim = started(grow, siblings)
    assert stopping.judge(claim, told(0.01)["data"]) == ""
    assert claim.spec.milestones is False


def test_a_project_that_asks_has_its_runs_tell_scores_on_the_way(grow, siblings):
    assert started(grow, siblings)[1].spec.milestones is True


def test_a_pinned_node_is_compared_and_never_stopped(project, grow, siblings):
    node, claim = started(grow, siblings)
    Node.objects.filter(pk=node.pk).update(pinned=True)
    assert stopping.judge(claim, told(0.01)["data"]) == ""
    assert Event.objects.get(project=project, kind="comparison").data["hopeless"] is False


def test_a_worker_that_lost_the_node_judges_nothing(grow, siblings):
    node, claim = started(grow, siblings)
    Node.objects.filter(pk=node.pk).update(fence=99)
    with pytest.raises(runs.LeaseLost):
        stopping.judge(claim, told(0.41)["data"])


def test_unfinished_and_stopped_trials_are_no_yardstick(project, grow, siblings):
    _, running = started(grow, siblings)
    runs.emit(running, [told(0.99)])
    _, claim = started(grow, siblings)
    runs.emit(claim, [told(0.41)])
    hopeless(claim, stopping.judge(claim, told(0.41)["data"]))
    assert list(milestones.finished_at(project, 0.5).values()) == SCORES


def test_a_stopped_node_is_cancelled_with_its_cause_and_its_place_is_free(
    project, grow, siblings, django_capture_on_commit_callbacks
):
    node, claim = started(grow, siblings)
    with django_capture_on_commit_callbacks() as hints:
        hopeless(claim, stopping.judge(claim, told(0.41)["data"]))
    node.refresh_from_db()
    assert (node.state, node.cause, node.score) == ("cancelled", "hopeless", None)
    assert node.failure.startswith("stopped at 50 %: 0.41 is below the median 0.62")
    assert not project.nodes.filter(state="running").exists()
    assert hints
    assert started(grow, siblings)[1] is not None


def test_a_run_that_was_only_asked_to_stop_is_not_hopeless(grow, siblings):
    node, claim = started(grow, siblings)
    runs.finish(claim, {"status": "cancelled", "reason": "The run was asked to stop."})
    node.refresh_from_db()
    assert (node.state, node.cause) == ("failed", "")


def test_the_search_takes_a_stopped_node_for_a_bad_trial(project, grow, siblings):
    node, claim = started(grow, siblings)
    hopeless(claim, stopping.judge(claim, told(0.41)["data"]))
    tree = trees.search_tree(project)
    assert (tree.nodes[node.number].stopped.score, tree.nodes[node.number].stopped.median) == (
        0.41,
        0.62,
    )
    assert tree.best.number != node.number
    assert trees.projects_with_scores().get(pk=project.pk).highest == pytest.approx(0.85)


@pytest.fixture
def local(project):
    return Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")


def panel(local, project, node):
    url = f"/projects/{project.pk}/nodes/{node.number}/"
    return " ".join(local.get(url, headers={"HX-Request": "true"}).content.decode().split())


def test_the_panel_says_where_it_stood_and_that_it_was_stopped(local, project, grow, siblings):
    node, claim = started(grow, siblings)
    runs.emit(claim, [told(0.41)])
    hopeless(claim, stopping.judge(claim, told(0.41)["data"]))
    shown = panel(local, project, node)
    assert "Stopped early." in shown
    assert "0.41 is below the median 0.62 of 7 trials" in shown
    assert "stopped: worse than the median of 7 trials" in shown
    assert '50 % <span class="faint">(step 75, 64 rows)</span>' in shown


ESTIMATE = {
    "source": "trial",
    "steps": 150,
    "seconds_a_step": 0.1,
    "seconds": 14.0,
    "bytes": 700_000_000,
    "trial_steps": 3,
    "note": "",
}


def test_the_panel_shows_the_estimate_beside_the_actual_time(local, project, grow):
    node = grow(grow(state="done", score=0.4), state="queued")
    claim = runs.claim(node.pk, owner="me")
    runs.emit(claim, [{"kind": "estimate", "data": ESTIMATE}])
    before = panel(local, project, node)
    done = {"stage": "train", "status": "finished", "seconds": 15.02}
    runs.emit(claim, [{"kind": "stage", "data": done}])
    after = panel(local, project, node)
    assert "14.0 s</span>" in before
    assert "took" not in before
    assert '· took <span data-duration="15.020">15.0 s</span>' in after
    assert "from a trial of 3 steps" in after
    assert "667.6 MB of memory" in after


def test_the_new_project_form_offers_early_stopping_and_it_is_off(local):
    form = {
        "name": "New one",
        "task": "sst2",
        "base_model": "trex-tiny",
        "node_budget": "5",
        "policy": "uct",
        "parallel_runs": "2",
    }
    assert "Stop hopeless runs" in local.get("/projects/new/").content.decode()
    local.post("/projects/new/", form)
    local.post("/projects/new/", form | {"name": "Another", "early_stopping": "on"})
    chosen = dict(Project.objects.values_list("name", "early_stopping"))
    assert (chosen["New one"], chosen["Another"]) == (False, True)


def test_early_stopping_is_switched_on_the_projects_page_once(local, project, grow):
    grow(state="done", score=0.4)
    page = local.get(f"/projects/{project.pk}/").content.decode()
    assert f'action="/projects/{project.pk}/search/stop_early/"' in page
    url = f"/projects/{project.pk}/search/stop_early/"
    assert local.post(url, headers={"HX-Request": "true"}).status_code == 204
    again = local.post(url, headers={"HX-Request": "true"})
    assert (again.status_code, again.content) == (409, b"Early stopping is on already")
    project.refresh_from_db()
    assert project.early_stopping
    kinds = Event.objects.filter(project=project).order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["steering", "project.changed"]
    local.post(f"/projects/{project.pk}/search/let_finish/", headers={"HX-Request": "true"})
    project.refresh_from_db()
    assert not project.early_stopping
