"""A run is claimed once, kept by a lease, and its effects stop with its fence."""

import threading

import pytest
from django.db import connection
from django.db.models.functions import Now

from explorer.models import Event, Node, Run
from explorer.services import runs


@pytest.fixture
def queued(grow):
    root = grow(state="done", score=0.4)
    return grow(root, state="queued")


def expire(node):
    Node.objects.filter(pk=node.pk).update(lease_until="2000-01-01T00:00:00Z")


def test_a_claim_makes_a_lease_and_a_run_and_says_so(project, queued):
    claim = runs.claim(queued.pk, owner="me")
    node = Node.objects.get(pk=queued.pk)
    assert (node.state, node.lease_owner, node.attempt, claim.fence) == (
        "running",
        "me",
        1,
        node.fence,
    )
    assert Node.objects.filter(pk=queued.pk, lease_until__gt=Now()).exists()
    assert (
        Event.objects.filter(project=project, kind="node.changed").last().data["state"]
        == "running"
    )
    assert Run.objects.get(node=queued).directory == str(claim.directory)


def test_the_training_process_is_told_the_nodes_recipe_and_task(project, queued):
    spec = runs.claim(queued.pk, owner="me").spec
    assert (spec.kind, spec.task, spec.base_model) == ("trial", "sst2", "trex-tiny")
    assert spec.recipe.model_dump(mode="json") == queued.recipe
    assert spec.answerer == ""


def test_the_training_process_is_told_which_model_answers_and_neither_key_nor_address(
    queued, settings
):
    settings.TREX_LLM_MODEL = "openai/gpt-4o-mini"
    settings.TREX_LLM_BASE_URL = "http://user:secret-password@llm.example/v1"
    settings.TREX_LLM_API_KEY = "sk-canary"

    written = runs.claim(queued.pk, owner="me").spec.model_dump_json()

    assert '"answerer":"openai/gpt-4o-mini@' in written
    assert all(word not in written for word in ("canary", "secret-password", "llm.example"))


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_the_training_process_is_told_what_writes_the_answers(queued, settings, engine):
    settings.TREX_GENERATE_WITH = engine
    assert runs.claim(queued.pk, owner="me").spec.generate_with == engine


@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_one_node_and_one_wins_each_round(project, queued):
    wins = []
    barrier = threading.Barrier(8)

    def work(name):
        for _ in range(10):
            barrier.wait()
            wins.append(runs.claim(queued.pk, owner=name) is not None)
            if barrier.wait() == 0:
                Node.objects.filter(pk=queued.pk).update(state="queued")
            barrier.wait()
        connection.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(wins), sum(wins)) == (80, 10)


def test_no_more_runs_than_the_project_allows(project, grow, queued):
    grow(project.nodes.get(number=0), state="running")
    grow(project.nodes.get(number=0), state="running")
    assert runs.claim(queued.pk, owner="me") is None


def test_an_expired_lease_puts_the_node_back_and_the_old_worker_can_write_nothing(project, queued):
    old = runs.claim(queued.pk, owner="dead")
    expire(queued)
    assert runs.reap() == 1
    new = runs.claim(queued.pk, owner="alive")
    before = Event.objects.filter(project=project).count()
    for late in (
        lambda: runs.beat(old),
        lambda: runs.emit(old, [{"kind": "log", "data": {}}]),
        lambda: runs.finish(old, {"status": "done", "score": 1.0}),
    ):
        with pytest.raises(runs.LeaseLost):
            late()
    assert Event.objects.filter(project=project).count() == before
    assert new.spec.run_id.endswith("/2")
    assert Run.objects.get(node=queued, attempt=1).outcome == "lost"


def test_a_lease_that_is_renewed_is_not_reaped(project, queued):
    claim = runs.claim(queued.pk, owner="me")
    expire(queued)
    runs.beat(claim)
    assert runs.reap() == 0


def test_a_node_that_lost_three_workers_is_given_up_with_the_reason(project, queued):
    for _ in range(3):
        runs.claim(queued.pk, owner="doomed")
        expire(queued)
        runs.reap()
    node = Node.objects.get(pk=queued.pk)
    assert node.state == "failed"
    assert "3 lost runs" in node.failure
    assert "doomed" in node.failure


def test_a_worker_that_leaves_hands_its_node_over_without_counting_it_as_lost(project, queued):
    for _ in range(4):
        runs.hand_over(runs.claim(queued.pk, owner="me"), "its worker was shut down")
    assert Node.objects.get(pk=queued.pk).state == "queued"


def test_a_result_is_stored_once_with_its_interval(project, queued):
    claim = runs.claim(queued.pk, owner="me")
    runs.finish(
        claim, {"status": "done", "score": 0.8, "interval": [0.7, 0.9], "rows": 200, "reason": ""}
    )
    node = Node.objects.get(pk=queued.pk)
    assert (node.state, node.score, node.interval, node.rows) == ("done", 0.8, (0.7, 0.9), 200)
    with pytest.raises(runs.LeaseLost):
        runs.finish(claim, {"status": "done", "score": 0.1})


def test_a_failed_result_keeps_its_reason_on_the_node(project, queued):
    claim = runs.claim(queued.pk, owner="me")
    runs.finish(claim, {"status": "failed", "reason": "loss=nan at step 3"})
    node = Node.objects.get(pk=queued.pk)
    assert (node.state, node.failure, node.score) == ("failed", "loss=nan at step 3", None)
