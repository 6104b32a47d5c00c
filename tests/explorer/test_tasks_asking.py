"""A worker's runs are answered by the language model of its settings, and every table stays free of its key."""

import pytest
from django.core import serializers

from agents.llm.provider import library
from agents.runners.local import Local
from explorer import models, tasks
from explorer.models import Event, Node
from tests.llm_server import failed, said, serving

KEY = "sk-canary-77d0c1be"
ASKED = {
    "data": [
        {"use": "load", "params": {"sources": ["clean"], "rows": 4}},
        {"use": "llm_score", "params": {"minimum": 10.0}},
    ],
    "training": {"use": "sft", "params": {}},
}


@pytest.fixture
def server(settings, tmp_path, monkeypatch):
    """A model's server that the worker's settings name, and a worker that starts runs without a warm parent."""
    library()
    cold = Local(Local.Params(warm=False))
    monkeypatch.setattr(tasks, "runner", lambda: cold)
    tasks.answerer.cache_clear()
    with serving(answer=lambda body: said("3")) as found:
        settings.TREX_LLM_MODEL = "openai/scripted"
        settings.TREX_LLM_BASE_URL = found.base_url
        settings.TREX_LLM_API_KEY = KEY
        settings.TREX_CACHE = tmp_path / "cache"
        settings.TREX_RUNS = tmp_path / "runs"
        yield found
    tasks.answerer.cache_clear()
    cold.close()


def run(grow):
    node = grow(grow(state="done", score=0.4), state="queued")
    Node.objects.filter(pk=node.pk).update(recipe=ASKED)
    tasks._lease_and_run(node.pk)
    return Node.objects.get(pk=node.pk)


def test_what_a_run_asks_is_answered_and_its_use_is_an_event(server, grow, tmp_path):
    node = run(grow)

    assert "data.1.llm_score left 0 of 4 rows (4 rows dropped (4 score below 10)" in node.failure
    assert server.authorizations == [f"Bearer {KEY}"] * 4
    used = Event.objects.get(kind="llm", node=node.number).data
    assert (used["step"], used["calls"], used["cost_usd"]) == ("data.1.llm_score", 4, None)
    assert len(list((tmp_path / "cache" / "answers").glob("*/*.json"))) == 4


def test_the_key_is_in_no_table_and_no_file_when_the_provider_repeats_it(server, grow, tmp_path):
    server.add(*[failed(400, f"odd key {KEY}")] * 4)

    node = run(grow)

    assert "data.1.llm_score got no answers: openai/scripted could not be asked" in node.failure
    rows = [
        serializers.serialize("json", table.objects.all())
        for table in (models.Project, models.Node, models.Run, models.Event)
    ]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(KEY not in text for text in rows)
    assert all(KEY.encode() not in content for content in files)
