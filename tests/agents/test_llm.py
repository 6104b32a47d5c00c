"""The language model behind litellm, over real HTTP: answers, retries, deadlines, cache, budget and secrets."""

import asyncio
import logging
import random
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from agents.errors import ModelError
from agents.llm import Provider, Question
from agents.llm.answers import ModelAnswers, answerer
from agents.llm.cache import AnswerCache
from agents.llm.model import Model, Patience
from agents.llm.provider import library
from tests.llm_server import SILENT, TRICKLE, failed, last_user_text, malformed, said, serving
from training.asking import Answers, Ask, Prompt, Usage

KEY = "sk-canary-5ebd1f0c"
HELLO = Question([{"role": "user", "content": "hello"}], temperature=0.5, max_tokens=9, seed=3)


@pytest.fixture(scope="module", autouse=True)
def _loaded():
    """Loading litellm takes seconds, which no deadline of a test should have to bear."""
    library()


class Naps:
    """Sleeps that take no time, and are remembered."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def model(server, *, name="openai/scripted", naps=None, **patience):
    provider = Provider(name, server.base_url, KEY)
    return Model(
        provider,
        patience=Patience(**{"deadline_s": 10.0, **patience}),
        sleep=naps or Naps(),
        rng=random.Random(1),
    )


def ask_of(*texts, step="data.1.llm_generate", seed=0, **options):
    prompts = [Prompt(messages=({"role": "user", "content": text},), seed=seed) for text in texts]
    return Ask(**{"step": step, "prompts": prompts, "max_calls": 100, **options})


def answers(server, folder, ask, *, spent=None, heard=None, **options) -> Answers:
    tell = heard.append if heard is not None else lambda done: None
    made = ModelAnswers(model(server, **options), folder)
    return made.answer(ask, spent=spent or Usage(), tell=tell).result(20)


def test_messages_go_in_and_text_with_usage_comes_out():
    with serving(said("hi there", prompt_tokens=11, completion_tokens=2)) as server:
        reply = model(server).ask(HELLO)

    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("hi there", 11, 2)
    assert reply.cost_usd is None
    (request,) = server.requests
    assert request["messages"] == [{"role": "user", "content": "hello"}]
    sent = {key: request[key] for key in ("model", "temperature", "max_tokens", "seed")}
    assert sent == {"model": "scripted", "temperature": 0.5, "max_tokens": 9, "seed": 3}
    assert server.authorizations == [f"Bearer {KEY}"]


def test_a_model_on_the_price_list_has_a_cost():
    with serving(said("hi", prompt_tokens=1_000_000, completion_tokens=0)) as server:
        reply = model(server, name="openai/gpt-4o-mini").ask(HELLO)

    assert reply.cost_usd == pytest.approx(0.15)


@pytest.mark.parametrize(
    "turned_away",
    [failed(429), failed(500), failed(502), failed(503), failed(529), failed(408), malformed(),
     malformed(b'{"id": "1"}'), malformed(b'{"choices": []}'), malformed(b"")],
)  # fmt: skip
def test_what_may_pass_is_tried_again(turned_away):
    naps = Naps()
    with serving(turned_away, turned_away, said("at last")) as server:
        assert model(server, naps=naps).ask(HELLO).text == "at last"

    first, second = naps.seconds
    assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_a_provider_that_says_how_long_to_wait_is_obeyed():
    naps = Naps()
    with serving(failed(429, retry_after="7"), said("thanks")) as server:
        model(server, naps=naps).ask(HELLO)

    assert naps.seconds == [7.0]


def test_a_wait_beyond_our_patience_ends_the_asking():
    naps = Naps()
    with serving(failed(429, retry_after="3600")) as server, pytest.raises(ModelError) as error:
        model(server, naps=naps).ask(HELLO)

    assert "asks to wait 3600 s, which is more than 60" in str(error.value)
    assert naps.seconds == []


def test_the_pauses_grow_to_a_limit_and_attempts_end():
    naps = Naps()
    with serving(*[failed(500)] * 9) as server, pytest.raises(ModelError, match="9 attempts"):
        model(server, naps=naps, attempts=9, longest_wait_s=10.0).ask(HELLO)

    assert len(server.requests) == 9
    assert max(naps.seconds) <= 10.0
    assert naps.seconds[-1] >= 5.0


@pytest.mark.parametrize("hanging", [SILENT, TRICKLE])
def test_a_provider_that_hangs_is_given_up_and_asked_once_more(hanging):
    with serving(hanging, hanging) as server, pytest.raises(ModelError) as error:
        model(server, deadline_s=0.3).ask(HELLO)

    assert str(error.value) == "openai/scripted gave no whole answer within 0.3 s, 2 times"
    assert len(server.requests) == 2


def test_a_server_out_of_reach_is_said():
    class Nowhere:
        base_url = "http://127.0.0.1:9/v1"

    with pytest.raises(ModelError, match="openai/scripted could not be asked"):
        model(Nowhere, attempts=2).ask(HELLO)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_tried_again(status):
    with serving(failed(status)) as server, pytest.raises(ModelError):
        model(server).ask(HELLO)

    assert len(server.requests) == 1


def test_a_wrong_key_names_the_setting():
    with serving(failed(401)) as server, pytest.raises(ModelError, match="check TREX_LLM_API_KEY"):
        model(server).ask(HELLO)


def test_without_a_key_no_other_key_is_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody-elses")
    with serving() as server:
        Model(Provider("openai/scripted", server.base_url)).ask(HELLO)

    assert server.authorizations == ["Bearer no-key"]


def test_variables_that_lead_elsewhere_are_removed_when_the_library_is_loaded(monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "https://elsewhere.example")
    monkeypatch.setenv("TREX_LLM_BASE_URL", "http://ours")
    library.cache_clear()
    library()

    import os

    assert {"OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_KEY"}.isdisjoint(os.environ)
    assert os.environ["TREX_LLM_BASE_URL"] == "http://ours"


def test_at_most_four_calls_run_at_once(tmp_path):
    meeting = threading.Barrier(4, timeout=10)

    def wait_for_the_others(body):
        meeting.wait()
        return said("met")

    with serving(answer=wait_for_the_others) as server:
        found = answers(server, tmp_path, ask_of(*map(str, range(8))))

    assert [answer.text for answer in found.answers] == ["met"] * 8
    assert server.most_at_once == 4


def test_answers_come_in_the_order_of_the_prompts_and_progress_is_told(tmp_path):
    heard: list[int] = []
    with serving(answer=lambda body: said(last_user_text(body).upper())) as server:
        found = answers(server, tmp_path, ask_of("a", "b", "c", "b"), heard=heard)

    assert [answer.text for answer in found.answers] == ["A", "B", "C", "B"]
    assert (found.usage.calls, found.usage.prompt_tokens, len(server.requests)) == (3, 21, 3)
    assert sorted(heard) == heard
    assert heard[-1] == 4


def test_what_was_answered_before_costs_nothing(tmp_path):
    with serving() as server:
        answers(server, tmp_path, ask_of("a", "b"))
        found = answers(server, tmp_path, ask_of("b", "a"))

    assert len(server.requests) == 2
    assert (found.usage.calls, found.usage.cached) == (0, 2)
    assert str(found.usage).endswith("0 calls, 2 answers from the cache, 0 tokens, $0.0000")


@pytest.mark.parametrize(
    "other", [ask_of("a", seed=1), ask_of("a", temperature=0.1), ask_of("a", max_tokens=1)]
)
def test_other_sampling_is_another_question(other, tmp_path):
    with serving() as server:
        answers(server, tmp_path, ask_of("a"))
        answers(server, tmp_path, other)

    assert len(server.requests) == 2


@pytest.mark.parametrize("damage", [b"", b"no hash\n{}", None])
def test_a_damaged_answer_is_asked_for_again_and_mended(damage, tmp_path):
    with serving() as server:
        answers(server, tmp_path, ask_of("a"))
        (entry,) = tmp_path.glob("*/*.json")
        whole = entry.read_bytes()
        entry.write_bytes(whole.replace(b"fine", b"evil") if damage is None else damage)
        found = answers(server, tmp_path, ask_of("a"))

    assert (found.answers[0].text, len(server.requests)) == ("fine", 2)
    assert entry.read_bytes() == whole


def test_another_address_is_another_model():
    here, there = (
        AnswerCache(Path(), model=Provider("m", url).name) for url in ("http://a", "http://b")
    )

    assert here.key(HELLO) != there.key(HELLO)


def test_the_calls_of_a_step_are_never_more_than_allowed(tmp_path):
    with serving() as server:
        first = answers(server, tmp_path, ask_of("a", "b", max_calls=3))
        found = answers(server, tmp_path, ask_of(*"cdefgh", max_calls=3), spent=first.usage)

    assert len(server.requests) <= 3
    assert found.refusal.startswith("max_calls=3 is used up after 3 calls; their answers are kept")
    assert found.answers == ()


def test_a_budget_in_dollars_ends_the_calls_and_a_higher_one_goes_on(tmp_path):
    def dear(body):
        return said("dear", prompt_tokens=1_000_000)

    asked = ask_of(*map(str, range(20)), max_cost_usd=0.3)
    with serving(answer=dear) as server:
        found = answers(server, tmp_path, asked, name="openai/gpt-4o-mini")
        before = len(server.requests)
        more = answers(
            server,
            tmp_path,
            asked.model_copy(update={"max_cost_usd": 30.0}),
            name="openai/gpt-4o-mini",
        )

    assert "max_cost_usd=0.3 is used up" in found.refusal
    assert 2 <= before <= 2 + 4
    assert len(more.answers) == 20
    assert more.usage.cached >= 2
    assert len(server.requests) < before + 20


def test_an_unknown_price_is_said_and_the_number_of_calls_binds(tmp_path):
    with serving() as server:
        found = answers(server, tmp_path, ask_of("a", "b", max_cost_usd=0.000001, max_calls=1))

    assert (found.usage.cost_usd, found.usage.calls) == (None, 1)
    assert found.usage.prompt_tokens == 7
    assert "max_calls=1" in found.refusal
    assert len(server.requests) == 1


def test_a_request_that_was_turned_away_is_no_call(tmp_path):
    with serving(failed(429), failed(500)) as server:
        found = answers(server, tmp_path, ask_of("a", max_calls=1))

    assert (found.usage.calls, found.usage.retries) == (1, 2)
    assert found.answers[0].text == "fine"
    assert "cost unknown" in str(found.usage)


def test_a_prompt_that_the_provider_refuses_is_that_prompts_problem_alone(tmp_path):
    def picky(body):
        too_long = "This model's maximum context length is 5 tokens. However, you asked for more."
        return failed(400, too_long) if last_user_text(body) == "b" else said("fine")

    with serving(answer=picky) as server:
        found = answers(server, tmp_path, ask_of("a", "b", "c"))

    assert [answer.text for answer in found.answers] == ["fine", None, "fine"]
    assert "maximum context length" in found.answers[1].problem


def test_the_first_failure_ends_the_other_calls(tmp_path):
    with serving(*[SILENT] * 3, failed(404, "no such model")) as server:
        found = answers(server, tmp_path, ask_of(*"abcdefgh"))

    assert "no such model" in found.refusal
    assert len(server.requests) == 4


def test_a_cancelled_future_ends_the_calls(tmp_path):
    with serving(SILENT) as server:
        made = ModelAnswers(model(server), tmp_path)
        future: Future[Answers] = made.answer(ask_of("a"), spent=Usage(), tell=lambda done: None)
        while not server.requests:
            threading.Event().wait(0.01)
        made.close()

    assert future.cancelled()


def test_a_worker_without_a_model_says_what_to_set(tmp_path):
    nobody = answerer(Provider(""), deadline_s=1, folder=tmp_path)

    refusal = nobody.answer(ask_of("a"), spent=Usage(), tell=lambda done: None).result().refusal

    assert nobody.name == ""
    assert "set TREX_LLM_MODEL" in refusal


def test_the_key_is_in_no_error_log_file_or_answer(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    told = []
    echoes = [
        *(
            failed(status, f"bad key {KEY}", x_echo=KEY)
            for status in (400, 401, 403, 404, 429, 500)
        ),
        malformed(f"<p>{KEY}</p>".encode()),
        said(f"your key is {KEY}"),
    ]
    for echo in echoes:
        with serving(echo, echo) as server:
            found = answers(server, tmp_path, ask_of(str(echo.status)), attempts=2)
            told += [found.refusal, *(str(answer) for answer in found.answers), str(found.usage)]
            told += [server.authorizations[0].replace(f"Bearer {KEY}", "sent")]

    assert told.count("sent") == len(echoes)
    assert any("your key is [key]" in text for text in told)
    assert repr(Provider("m", "http://u:p@h", KEY)) == "Provider(model='m')"
    shown = capfd.readouterr()
    everything = [*told, caplog.text, shown.out, shown.err]
    everything += [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(KEY not in text for text in everything)


def test_an_address_with_a_password_is_in_no_error():
    class Nowhere:
        base_url = "http://someone:hunter2secret@127.0.0.1:9/v1"

    with pytest.raises(ModelError) as error:
        model(Nowhere, attempts=1).ask(HELLO)

    assert "hunter2secret" not in str(error.value)
    assert error.value.__cause__ is None
