"""Pages: what is accepted, what is refused with which words, and who may see them."""

import pytest
from django.test import Client

from explorer.models import Project
from explorer.services import runs

GOOD = {
    "name": "New one",
    "task": "sst2",
    "base_model": "trex-tiny",
    "node_budget": "5",
    "policy": "uct",
    "parallel_runs": "2",
}


@pytest.fixture
def local(project):
    """A browser on this machine, logged in by being here."""
    return Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")


@pytest.fixture
def htmx(local):
    return {"headers": {"HX-Request": "true"}}


def test_a_good_form_makes_a_project_with_a_queued_root_and_leads_to_it(local):
    answer = local.post("/projects/new/", GOOD)
    made = Project.objects.get(name="New one")
    assert answer.headers["Location"] == f"/projects/{made.pk}/"
    assert list(made.nodes.values_list("kind", "state")) == [("root", "queued")]
    assert (made.metric, made.edition, made.owner.username) == ("accuracy", "mini", "local")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "Sentiment", "name='Sentiment' is taken by another project: choose another name"),
        ("name", "", "required"),
        ("task", "no-such-task", "task='no-such-task' is unknown: choose one of aci_bench, "),
        ("base_model", "/no/such/model", "base_model='/no/such/model' is neither bundled"),
        ("base_model", "../../etc", "base_model='../../etc' is neither bundled"),
        ("node_budget", "0", "node_budget=0 is not in 1..100000"),
        ("node_budget", "-3", "node_budget=-3 is not in 1..100000"),
        ("node_budget", "many", "node_budget='many' is not a whole number"),
        (
            "policy",
            "oracle",
            "policy='oracle' is unknown: choose one of breadth, greedy, sequential, uct",
        ),
        ("parallel_runs", "0", "parallel_runs=0 is not in 1..64"),
    ],
)
def test_each_bad_field_has_its_message_and_nothing_is_made(local, field, value, message):
    answer = local.post("/projects/new/", GOOD | {field: value})
    errors = answer.context["form"].errors
    assert answer.status_code == 422
    assert list(errors) == [field]
    assert message in errors[field][0]
    assert Project.objects.count() == 1


def test_all_bad_fields_are_named_at_once_and_keep_what_was_typed(local):
    answer = local.post("/projects/new/", GOOD | {"name": "Sentiment", "node_budget": "0"})
    assert set(answer.context["form"].errors) == {"name", "node_budget"}
    assert 'value="0"' in answer.content.decode()


def test_the_project_list_shows_baseline_and_best(local, grow):
    root = grow(state="done", score=0.4)
    grow(root, state="done", score=0.75)
    page = local.get("/").content.decode()
    assert "Sentiment" in page
    assert "0.750" in page
    assert "0.400" in page


def test_a_node_panel_is_a_fragment_for_htmx_and_a_page_for_others(local, project, grow, htmx):
    root = grow(state="done", score=0.4, rows=200, interval_low=0.33, interval_high=0.47)
    grow(root, state="done", score=0.75, rows=200, interval_low=0.68, interval_high=0.8)
    fragment = local.get(f"/projects/{project.pk}/nodes/1/", **htmx).content.decode()
    assert 'data-node="1"' in fragment
    assert "<html" not in fragment
    assert "+0.350" in fragment
    whole = local.get(f"/projects/{project.pk}/nodes/1/")
    assert whole.headers["Location"] == f"/projects/{project.pk}/?node=1"


def test_a_panel_escapes_what_models_and_people_wrote(local, project, grow, htmx):
    grow(
        state="failed",
        failure="<script>alert(1)</script>",
        pruned_reason="<img src=x>",
        pruned=True,
    )
    fragment = local.get(f"/projects/{project.pk}/nodes/0/", **htmx).content.decode()
    assert "<script>alert" not in fragment
    assert "<img" not in fragment


def test_a_stage_that_a_failed_run_did_not_finish_failed_too(local, project, grow, htmx):
    node = grow(grow(state="done", score=0.4), state="queued")
    claim = runs.claim(node.pk, owner="me")
    runs.emit(claim, [{"kind": "stage", "data": {"stage": "train", "status": "started"}}])
    runs.finish(claim, {"status": "failed", "reason": "the loss exploded"})
    fragment = local.get(f"/projects/{project.pk}/nodes/1/", **htmx).content.decode()
    assert 'data-stage="train" data-status="failed"' in fragment
    assert "the loss exploded" in fragment


def test_an_act_answers_204_to_htmx_and_leads_back_without_it(local, project, grow, htmx):
    grow(grow(state="done", score=0.4), state="done", score=0.5)
    assert local.post(f"/projects/{project.pk}/nodes/1/pin/", **htmx).status_code == 204
    assert (
        local.post(f"/projects/{project.pk}/nodes/1/unpin/").headers["Location"]
        == f"/projects/{project.pk}/"
    )


def test_a_refused_act_answers_409_with_the_reason(local, project, grow, htmx):
    grow(state="done", score=0.4)
    answer = local.post(f"/projects/{project.pk}/nodes/0/prune/", **htmx)
    assert answer.status_code == 409
    assert "node 0" in answer.content.decode()


def test_a_bad_act_field_answers_422_with_field_and_value(local, project, grow, htmx):
    grow(state="done", score=0.4)
    answer = local.post(f"/projects/{project.pk}/nodes/0/expand/", {"count": "lots"}, **htmx)
    assert answer.status_code == 422
    assert "count" in answer.content.decode()
    assert "lots" in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["projects/99/", "projects/99/tree/", "projects/99/events/", "projects/1/nodes/99/"]
)
def test_what_does_not_exist_is_404(local, path):
    assert local.get(f"/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["projects/{}/nodes/99/prune/", "projects/{}/nodes/0/explode/", "projects/{}/search/fly/"],
)
def test_acts_on_what_does_not_exist_are_404(local, project, path):
    assert local.post("/" + path.format(project.pk)).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"), [("after=-1", "after"), ("node=x", "node"), ("limit=0", "limit")]
)
def test_bad_parameters_of_the_event_page_are_named(local, project, query, field):
    answer = local.get(f"/projects/{project.pk}/events/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(f"{field}=")


@pytest.mark.parametrize(
    "visitor",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
    ],
)
def test_visitors_from_elsewhere_must_log_in(project, visitor):
    for path in (
        "/",
        f"/projects/{project.pk}/",
        f"/projects/{project.pk}/tree/",
        f"/projects/{project.pk}/events/",
    ):
        answer = Client(HTTP_HOST="localhost", **visitor).get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login/")


def test_a_foreign_host_name_that_points_here_is_refused(project):
    assert Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="evil.example").get("/").status_code == 400


def test_acts_need_the_csrf_token(project, grow):
    grow(state="done", score=0.4)
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")
    assert strict.post(f"/projects/{project.pk}/nodes/0/pin/").status_code == 403


def test_the_content_security_policy_allows_nothing_inline_and_nobody_else(local):
    policy = local.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_project_tells_the_page_which_direction_is_better(local, project):
    Project.objects.update(maximise=False)
    shown = local.get(f"/projects/{project.pk}/tree/").json()["project"]
    assert shown["maximise"] is False


def test_the_difference_to_the_baseline_names_no_option_that_is_a_default(
    local, project, grow, htmx
):
    grow(grow(state="done", score=0.4), state="done", score=0.8)
    page = local.get(f"/projects/{project.pk}/nodes/1/", **htmx).content.decode()
    assert "<ins>sources: clean</ins>" in page
    assert "training_allowed: False" not in page
