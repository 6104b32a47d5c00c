"""Answers what data steps of training processes ask: from the cache, or from the model, within the step's budget."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from agents.errors import BudgetUsedUp, ModelError, PromptRefused
from agents.llm import Provider, Question
from agents.llm.cache import AnswerCache
from agents.llm.ledger import Ledger
from agents.llm.model import Model, Patience
from agents.ports import Answerer
from training.asking import Answer, Answers, Ask, Usage

CALLS_AT_ONCE = 4
"""Of one run: no run has to wait for another's prompts."""

log = logging.getLogger(__name__)


class ModelAnswers:
    """One worker's answerer; runs share its cache."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.name = model.provider.name
        self._model = model
        self._cache = AnswerCache(folder, model=self.name)

    def answer(self, ask: Ask, *, spent: Usage, tell: Callable[[int], None]) -> Future[Answers]:
        """Begin, and return at once; the future never raises, for what goes wrong is a refusal."""
        ledger = Ledger(ask, spent=spent, model=self.name)
        return self._model.background.start(self._answers(ask, ledger, tell))

    def close(self) -> None:
        """End every call."""
        self._model.background.close()

    async def _answers(self, ask: Ask, ledger: Ledger, tell: Callable[[int], None]) -> Answers:
        try:
            answers = await self._all(_questions(ask), ledger, tell)
        except BudgetUsedUp as error:
            return Answers(usage=ledger.usage, refusal=str(error))
        except ExceptionGroup as group:
            return Answers(usage=ledger.usage, refusal=_refusal(group.exceptions[0], ask))
        return Answers(answers=answers, usage=ledger.usage)

    async def _all(
        self, questions: list[Question], ledger: Ledger, tell: Callable[[int], None]
    ) -> tuple[Answer, ...]:
        """Equal questions are asked once.

        Raises ExceptionGroup at the first failure, which ends the other calls; BudgetUsedUp when the
        calls that were made are answered and kept.
        """
        keys = [self._cache.key(question) for question in questions]
        found: dict[str, Answer] = {}
        lacking: list[BudgetUsedUp] = []
        places = asyncio.Semaphore(CALLS_AT_ONCE)

        async def find(key: str, question: Question) -> None:
            try:
                async with places:
                    found[key] = await self._one(key, question, ledger=ledger)
            except BudgetUsedUp as error:
                lacking.append(error)
            tell(sum(key in found for key in keys))

        async with asyncio.TaskGroup() as group:
            for key, question in dict(zip(keys, questions, strict=True)).items():
                group.create_task(find(key, question))
        if lacking:
            raise lacking[0]
        return tuple(found[key] for key in keys)

    async def _one(self, key: str, question: Question, *, ledger: Ledger) -> Answer:
        """Raises ModelError."""
        reply = await asyncio.to_thread(self._cache.load, key)
        if reply is not None:
            ledger.from_cache()
            return Answer(text=reply.text)
        try:
            reply = await self._model.answer(question, ledger)
        except PromptRefused as error:
            return Answer(text=None, problem=str(error))
        ledger.answered(reply)
        await asyncio.to_thread(self._cache.store, key, reply)
        return Answer(text=reply.text)


class NoModel:
    """The answerer of a worker that has no model: it says what to do about it."""

    name = ""

    def answer(self, ask: Ask, *, spent: Usage, tell: Callable[[int], None]) -> Future[Answers]:
        """A refusal."""
        future: Future[Answers] = Future()
        future.set_result(
            Answers(
                usage=spent,
                refusal="no language model is configured: set TREX_LLM_MODEL where the worker runs",
            )
        )
        return future

    def close(self) -> None:
        """Nothing."""


def answerer(provider: Provider, *, deadline_s: float, folder: Path) -> Answerer:
    """The answerer for a worker's settings; replies are kept in `folder`."""
    if not provider.model:
        return NoModel()
    return ModelAnswers(Model(provider, patience=Patience(deadline_s=deadline_s)), folder)


def _questions(ask: Ask) -> list[Question]:
    return [
        Question(prompt.messages, ask.temperature, ask.max_tokens, prompt.seed)
        for prompt in ask.prompts
    ]


def _refusal(error: Exception, ask: Ask) -> str:
    if isinstance(error, ModelError):
        return str(error)
    log.error("Answering %s broke", ask.step, exc_info=error)
    return f"answering broke with {type(error).__name__}"
