"""What people do takes effect, is recorded with who and why, and is refused with the reason."""

import pytest

from agents.errors import SteeringRefused
from explorer.models import Event, Expansion, Node, Project
from explorer.selectors import trees
from explorer.services import runs, steering


def acts(project):
    rows = Event.objects.filter(project=project, kind="steering").order_by("seq")
    return [(row.actor, row.data["act"], row.node, row.data["reason"]) for row in rows]


@pytest.fixture
def tree(grow):
    """Root 0 with children 1 (done) and 2 (running); 3 queued below 1."""
    root = grow(state="done", score=0.4)
    first = grow(root, state="done", score=0.6)
    second = grow(root, state="running", fence=1, attempt=1)
    third = grow(first, state="queued")
    return root, first, second, third


def test_a_prune_marks_the_node_with_its_reason_and_cancels_what_is_under_way_below(project, tree):
    steering.prune(project.pk, 1, actor="ada", reason="dead end")
    first, third = project.nodes.get(number=1), project.nodes.get(number=3)
    assert (first.pruned, first.pruned_reason, first.state) == (True, "dead end", "done")
    assert (third.state, third.failure) == ("cancelled", "node 1 was pruned by ada")
    assert acts(project) == [("ada", "prune", 1, "dead end")]


def test_a_pruned_running_node_is_no_longer_its_workers(project, tree):
    claim = runs.Claim(tree[2].pk, project.pk, 1, None, None)
    steering.prune(project.pk, 2, actor="ada")
    with pytest.raises(runs.LeaseLost):
        runs.beat(claim)


def test_a_restored_branch_is_in_the_search_again_and_its_cancelled_nodes_stay_cancelled(
    project, tree
):
    steering.prune(project.pk, 1, actor="ada")
    steering.restore(project.pk, 1, actor="bob")
    assert 1 in trees.search_tree(project).alive
    assert project.nodes.get(number=3).state == "cancelled"


def test_the_root_cannot_be_pruned_and_nothing_is_recorded(project, tree):
    with pytest.raises(SteeringRefused, match="node 0"):
        steering.prune(project.pk, 0, actor="ada")
    assert acts(project) == []


def test_pin_and_unpin_are_marks_with_a_history(project, tree):
    steering.pin(project.pk, 1, actor="ada", reason="promising")
    assert project.nodes.get(number=1).pinned
    steering.unpin(project.pk, 1, actor="bob")
    assert not project.nodes.get(number=1).pinned
    assert acts(project) == [("ada", "pin", 1, "promising"), ("bob", "unpin", 1, "")]


def test_a_forced_expansion_waits_for_the_planner_with_its_instruction(project, tree):
    steering.expand(project.pk, 1, actor="ada", count=2, instruction="learning_rate=0.001")
    waiting = Expansion.objects.get(served_at=None)
    assert (waiting.node.number, waiting.count, waiting.instruction) == (
        1,
        2,
        "learning_rate=0.001",
    )


def test_a_forced_expansion_wakes_a_finished_search(project, tree):
    Project.objects.filter(pk=project.pk).update(state="finished")
    steering.expand(project.pk, 1, actor="ada")
    assert Project.objects.get(pk=project.pk).state == "running"


@pytest.mark.parametrize("count", [0, 6, -1])
def test_an_expansion_count_out_of_range_is_refused_with_its_value(project, tree, count):
    with pytest.raises(SteeringRefused, match=str(count)):
        steering.expand(project.pk, 1, actor="ada", count=count)
    assert not Expansion.objects.exists()


def test_stop_cancels_what_is_queued_and_running(project, tree):
    steering.stop(project.pk, actor="ada", reason="enough")
    assert Project.objects.get(pk=project.pk).state == "stopped"
    assert set(project.nodes.filter(number__in=[2, 3]).values_list("state", flat=True)) == {
        "cancelled"
    }


def test_a_stopped_baseline_goes_back_to_the_queue_so_that_the_search_can_resume(project, grow):
    root = grow(state="running", fence=1, attempt=1)
    steering.stop(project.pk, actor="ada")
    assert Node.objects.get(pk=root.pk).state == "queued"


@pytest.mark.parametrize(
    ("act", "state"), [("pause", "paused"), ("resume", "running"), ("stop", "finished")]
)
def test_an_act_that_does_not_fit_the_searchs_state_is_refused(project, tree, act, state):
    Project.objects.filter(pk=project.pk).update(state=state)
    with pytest.raises(SteeringRefused, match=state):
        getattr(steering, act)(project.pk, actor="ada")


def test_a_paused_search_starts_no_node_and_a_resumed_one_does(project, tree):
    steering.pause(project.pk, actor="ada")
    assert runs.claim(tree[3].pk, owner="me") is None
    steering.resume(project.pk, actor="ada")
    assert runs.claim(tree[3].pk, owner="me") is not None
