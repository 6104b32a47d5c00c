"""The Executor has asks answered while it goes on watching."""

import json
import time

import pytest

from agents.errors import LeaseLost
from agents.executor import Executor
from agents.llm import Provider
from agents.llm.answers import answerer
from agents.llm.provider import library
from agents.runners._processes.environment import environment
from agents.runners.local import Local
from tests.agents.test_executor import idle, writes
from tests.fakes import FakeAnswerer, FakeClock, FakeProcess, FakeReport, FakeRunner
from tests.llm_server import SILENT, failed, last_user_text, said, serving
from tests.training.experiments import CLEAN, SHORT, spec
from training.asking import Answer, Answers, Ask, Prompt, Usage
from training.recipe import Step
from training.rundir import RunDir

KEY = "sk-canary-91c2e7aa"


@pytest.fixture
def run_dir(tmp_path):
    return RunDir.create(tmp_path / "run", spec(SHORT))


def ask_of(*texts):
    prompts = [Prompt(messages=({"role": "user", "content": text},)) for text in texts]
    return Ask(step="data.1.llm_score", prompts=prompts, max_calls=10)


def asks(run_dir, number, text=None):
    """A turn of a process that hands over an ask."""

    def turn():
        (run_dir.path / "asks").mkdir(exist_ok=True)
        body = ask_of("a", "b").model_dump_json() if text is None else text
        (run_dir.path / "asks" / f"{number:04}.json").write_text(body)

    return turn


def answered(run_dir, number):
    return json.loads((run_dir.path / "answers" / f"{number:04}.json").read_text())


def execute(run_dir, turns, maker, *, status=0, report=None, **options):
    clock, report = FakeClock(), report or FakeReport()
    executor = Executor(
        FakeRunner(FakeProcess(turns, status)),
        answerer=maker,
        clock=clock,
        wait=clock.wait,
        **options,
    )
    return executor.execute(run_dir, report), report


def test_answers_and_what_they_used_come_back(run_dir):
    maker = FakeAnswerer()
    used = Usage(model="m", calls=2, cost_usd=None)
    found = Answers(answers=(Answer(text="A"), Answer(text=None, problem="no")), usage=used)
    turns = [
        asks(run_dir, 1), idle, lambda: maker.pending[0].set_result(found), idle,
        asks(run_dir, 2), idle, lambda: maker.pending[1].set_result(found), idle,
    ]  # fmt: skip

    _, report = execute(run_dir, turns, maker)

    assert Answers.model_validate(answered(run_dir, 1)) == found
    assert [ask for ask, _ in maker.asked] == [ask_of("a", "b")] * 2
    assert [spent for _, spent in maker.asked] == [Usage(), used]
    llm = [event["data"] for event in report.events if event["kind"] == "llm"]
    assert len(llm) == 2
    assert llm[0] == {
        "step": "data.1.llm_score", "model": "m", "calls": 2, "cached": 0, "retries": 0,
        "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": None,
    }  # fmt: skip


def test_heartbeats_go_on_while_an_answer_is_awaited_and_progress_is_handed_over(run_dir):
    maker, seen = FakeAnswerer(), []

    def look():
        seen.append((run_dir.path / "answers" / "0001.progress").read_text())

    turns = [asks(run_dir, 1), idle, lambda: maker.tells[0](1), idle, look, *[idle] * 60]
    report = FakeReport()

    execute(run_dir, turns, maker, report=report)

    assert seen == ["1"]
    assert report.beats >= 9


def test_calls_of_a_run_that_has_ended_are_cancelled(run_dir):
    maker = FakeAnswerer()

    execute(run_dir, [asks(run_dir, 1), idle], maker)

    assert maker.pending[0].cancelled()


def test_calls_of_a_run_whose_lease_is_lost_are_cancelled(run_dir):
    maker = FakeAnswerer()
    turns = [asks(run_dir, 1), *[idle] * 50]

    with pytest.raises(LeaseLost):
        execute(run_dir, turns, maker, report=FakeReport(loses_beat=3))

    assert maker.pending[0].cancelled()


def test_an_answerer_that_closes_refuses_what_is_under_way(run_dir):
    maker = FakeAnswerer()

    execute(run_dir, [asks(run_dir, 1), idle, maker.close, idle], maker)

    assert answered(run_dir, 1)["refusal"] == "the worker is closing"


def test_what_is_no_ask_is_refused_and_the_next_one_answered(run_dir):
    maker = FakeAnswerer()

    execute(run_dir, [asks(run_dir, 1, '{"step": 1}'), idle, asks(run_dir, 2), idle, idle], maker)

    assert "fields are wrong" in answered(run_dir, 1)["refusal"]
    assert len(maker.asked) == 1


def test_a_run_that_hears_nothing_is_stalled_and_one_that_tells_progress_is_not(run_dir):
    def told():
        with run_dir.writer() as writer:
            writer.emit("progress", stage="prepare", done=1, total=2, unit="answers")

    turns = [turn for _ in range(10) for turn in (told, *[idle] * 100)]
    lively, _ = execute(
        run_dir,
        [*turns, lambda: run_dir.write_result({"status": "done"})],
        FakeAnswerer(),
        stall_after_s=20.0,
    )
    (run_dir.path / "result.json").unlink()
    silent, _ = execute(
        run_dir,
        [asks(run_dir, 1), *[idle] * 1_000],
        FakeAnswerer(),
        status=None,
        stall_after_s=20.0,
    )

    assert lively["status"] == "done"
    assert silent["cause"] == "stalled"


def test_without_an_answerer_asks_stay_where_they_are(run_dir):
    execute(run_dir, [asks(run_dir, 1), idle, writes(run_dir, "x")], None)

    assert not (run_dir.path / "answers").exists()


@pytest.fixture(scope="module")
def cold():
    local = Local(Local.Params(warm=False))
    library()
    yield local
    local.close()


def reply(body):
    """Scores sentences with the word film; as a writer it says where it looked."""
    if "JSON" in body["messages"][0]["content"]:
        text = json.dumps({"sentence": f"new {last_user_text(body)[-9:]} {KEY}", "label": 0})
        return said(f"Here you are: {text}")
    return said("9")


ASKED = (
    CLEAN,
    Step(use="sample", params={"rows": 12}),
    Step(use="llm_generate", params={"samples": 2, "template": "{text}"}),
    Step(use="llm_score"),
    Step(use="export"),
)
NOTHING_LEFT = Step(use="filter_length", params={"minimum": 1_000_000, "maximum": 1_000_000})
"""Ends a run before it would spend seconds on training."""


def prepare(path, server, cold, folder):
    made = answerer(
        Provider("openai/scripted", server.base_url, KEY), deadline_s=10, folder=folder
    )
    run_dir = RunDir.create(path, spec(SHORT, data=(*ASKED, NOTHING_LEFT), answerer=made.name))
    report = FakeReport()
    return Executor(cold, answerer=made).execute(run_dir, report), report


def test_a_real_run_is_answered_over_http_and_its_like_costs_nothing(tmp_path, cold, monkeypatch):
    monkeypatch.setenv("TREX_LLM_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(failed(429, retry_after="0"), answer=reply) as server:
        result, report = prepare(tmp_path / "one", server, cold, tmp_path / "answers")
        asked = len(server.requests)
        _, second = prepare(tmp_path / "two", server, cold, tmp_path / "answers")

    assert "data.5.filter_length left 0 of 24 rows" in result["reason"]
    rows = [(tmp_path / name / "data" / "rows.jsonl").read_text() for name in ("one", "two")]
    assert rows[0] == rows[1]
    assert rows[0].count('"generator": "openai/scripted@') == 12
    assert asked == len(server.requests)
    notes = {
        e["data"]["operator"]: e["data"]["note"] for e in report.events if e["kind"] == "data"
    }
    assert notes["llm_generate"].startswith("12 rows written")
    assert "cost unknown" in notes["llm_score"]
    last = [event["data"] for event in second.events if event["kind"] == "llm"][-1]
    assert (last["step"], last["calls"]) == ("data.3.llm_score", 0)
    everything = [json.dumps(each) for each in (report.events, second.events, result)]
    everything += [
        path.read_bytes().decode("utf-8", "replace")
        for path in tmp_path.rglob("*")
        if path.is_file()
    ]
    assert all(KEY not in text for text in everything)
    assert any("[key]" in text for text in everything)


def test_a_real_run_ends_with_the_refusal_as_its_reason(tmp_path, cold):
    with serving(answer=lambda body: failed(401, f"Incorrect API key: {KEY}")) as server:
        result, _ = prepare(tmp_path / "run", server, cold, tmp_path / "answers")

    assert result["status"] == "failed"
    assert result["reason"].startswith(
        "data.2.llm_generate got no answers: the provider of openai/scripted refused the key"
    )
    assert KEY not in json.dumps(result)


def test_a_real_run_that_is_cancelled_while_it_waits_ends_at_once(tmp_path, cold):
    class Losing(FakeReport):
        def beat(self):
            if (tmp_path / "run" / "asks" / "0001.json").exists():
                raise LeaseLost("pruned")

    with serving(*[SILENT] * 9) as server:
        made = answerer(
            Provider("openai/scripted", server.base_url), deadline_s=60, folder=tmp_path
        )
        run_dir = RunDir.create(tmp_path / "run", spec(SHORT, data=ASKED, answerer=made.name))
        started = time.monotonic()
        with pytest.raises(LeaseLost):
            Executor(cold, answerer=made, beat_every_s=0.1).execute(run_dir, Losing())

    assert time.monotonic() - started < 20
    assert run_dir.result()["status"] == "cancelled"


def test_a_training_process_gets_no_key_and_no_address():
    kept = environment(
        {
            "PATH": "/bin",
            "TREX_LLM_MODEL": "m",
            "TREX_LLM_BASE_URL": "http://u:p@h",
            "TREX_LLM_API_KEY": KEY,
        }
    )

    assert "TREX_LLM_API_KEY" not in kept
    assert "TREX_LLM_BASE_URL" not in kept
