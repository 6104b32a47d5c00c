"""One planner at a time; forced expansions first; the search ends when it should."""

import pytest

from explorer.models import Event, Expansion, Node, Project
from explorer.services import planning, steering

pytestmark = pytest.mark.django_db


def advance(project):
    planning.advance(project.pk, owner="me")
    project.refresh_from_db()


def finish_all(project, score=0.5):
    project.nodes.exclude(state="done").update(
        state="done", score=score, interval_low=score, interval_high=score
    )


def kinds(project):
    return list(
        Event.objects.filter(project=project).order_by("seq").values_list("kind", flat=True)
    )


def test_nothing_is_planned_before_the_baseline_is_known(project, grow):
    grow(state="running")
    advance(project)
    assert project.nodes.count() == 1
    assert project.state == "running"


def test_a_scored_baseline_grows_three_children_explained_before_they_appear(project, grow):
    grow(state="done", score=0.4)
    advance(project)
    assert (
        list(project.nodes.filter(kind="trial").values_list("state", "author"))
        == [("queued", "researcher")] * 3
    )
    found = kinds(project)
    assert found.index("selection") < found.index("reasoning") < found.index("node.created", 2)
    pieces = Event.objects.filter(project=project, kind="reasoning").order_by("seq")
    assert [piece.data["final"] for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert "node 0" in "".join(piece.data["text"] for piece in pieces)


def test_the_selection_keeps_the_terms_of_every_candidate(project, grow):
    grow(grow(state="done", score=0.4), state="done", score=0.6)
    advance(project)
    selection = Event.objects.filter(project=project, kind="selection").first()
    assert {term["node"] for term in selection.data["terms"]} == {0, 1}
    for term in selection.data["terms"]:
        assert term["total"] == pytest.approx(term["q"] + term["exploration"] + term["pin"])


def test_there_are_never_more_nodes_under_way_than_places_after_the_first_expansion(project, grow):
    root = grow(state="done", score=0.4)
    grow(root, state="done", score=0.6)
    grow(root, state="running")
    advance(project)
    assert project.nodes.filter(state__in=["queued", "running"]).count() == project.parallel_runs


def test_a_search_whose_budget_is_used_finishes_when_its_last_run_ends(project, grow):
    Project.objects.filter(pk=project.pk).update(node_budget=2)
    grow(state="done", score=0.4)
    advance(project)
    assert (project.nodes.count(), project.state) == (3, "running")
    finish_all(project)
    advance(project)
    assert (project.nodes.count(), project.state) == (3, "finished")
    last = Event.objects.filter(project=project).last()
    assert "budget of 2 nodes" in last.data["reason"]


def test_a_failed_baseline_ends_the_search_with_its_reason(project, grow):
    grow(state="failed", failure="the model cannot be read")
    advance(project)
    assert project.state == "failed"
    assert (
        "the model cannot be read" in Event.objects.filter(project=project).last().data["reason"]
    )


def test_a_forced_expansion_is_served_first_beyond_the_budget_and_only_once(project, grow):
    Project.objects.filter(pk=project.pk).update(node_budget=1)
    root = grow(state="done", score=0.4)
    grow(root, state="done", score=0.6)
    steering.expand(project.pk, 1, actor="ada", count=2, instruction="learning_rate=0.0005")
    advance(project)
    children = project.nodes.filter(parent__number=1)
    assert children.count() == 2
    assert children.first().recipe["training"]["params"]["learning_rate"] == 0.0005
    assert Expansion.objects.get().served_at is not None
    advance(project)
    assert children.count() == 2


def test_a_pruned_branch_gets_no_more_children(project, grow):
    root = grow(state="done", score=0.4)
    best = grow(root, state="done", score=0.9)
    steering.prune(project.pk, best.number, actor="ada")
    for _ in range(5):
        advance(project)
        finish_all(project)
    assert project.nodes.count() > 2
    assert not project.nodes.filter(parent=best).exists()


def test_a_parent_pruned_while_the_researcher_thinks_gets_no_child(project, grow):
    root = grow(state="done", score=0.4)
    grow(root, state="done", score=0.9)
    Project.objects.filter(pk=project.pk).update(planner_fence=1)
    project.refresh_from_db()
    planner = planning.Planner(project)
    steering.expand(project.pk, 1, actor="ada")
    whole = planner.search.researcher.propose

    def prune_meanwhile(request, say):
        proposals = whole(request, say)
        steering.prune(project.pk, 1, actor="bob")
        return proposals

    # The act of a second person has to fall into the middle of this very call.
    planner.search.researcher.propose = prune_meanwhile
    planner.step()
    assert not Node.objects.filter(parent__number=1).exists()


def test_a_second_planner_waits_and_an_expired_one_can_write_nothing(project, grow):
    grow(state="done", score=0.4)
    Project.objects.filter(pk=project.pk).update(planner_fence=1)
    project.refresh_from_db()
    old = planning.Planner(project)
    Project.objects.filter(pk=project.pk).update(
        planner_fence=2, planner_until="2000-01-01T00:00:00Z"
    )
    with pytest.raises(planning.LeaseLost):
        old.step()
    Project.objects.filter(pk=project.pk).update(planner_until="2999-01-01T00:00:00Z")
    advance(project)
    assert project.nodes.count() == 1


def test_no_recipe_is_tried_twice(project, grow):
    grow(state="done", score=0.4)
    for _ in range(6):
        advance(project)
        finish_all(project)
    prints = list(project.nodes.values_list("fingerprint", flat=True))
    assert len(prints) == 13
    assert len(set(prints)) == 13


def test_a_search_with_a_free_place_is_found_by_the_sweep_and_a_full_one_is_not(project, grow):
    root = grow(state="done", score=0.4)
    grow(root, state="running")
    assert planning.idle() == [project.pk]
    grow(root, state="queued")
    assert planning.idle() == []


def test_a_waiting_demand_is_found_by_the_sweep_even_when_all_places_are_taken(project, grow):
    root = grow(state="done", score=0.4)
    for _ in range(project.parallel_runs):
        grow(root, state="running")
    steering.expand(project.pk, 0, actor="ada")
    assert planning.idle() == [project.pk]
