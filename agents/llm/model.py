"""A language model that can be asked: with deadlines, and with retries where they help."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.errors import ModelError
from agents.llm import Meter, Provider, Question, Reply, Unmetered
from agents.llm.background import Background
from agents.llm.provider import Call, TurnedAway, library


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one question may take, and how often it is asked again."""

    deadline_s: float = 60.0
    """From a request to its whole answer; counts for silence as for a byte now and then."""
    attempts: int = 5
    """Requests in all, when the provider turns them away."""
    attempts_in_silence: int = 2
    """Requests in all, when deadlines pass."""
    first_wait_s: float = 1.0
    """Doubles with each attempt, and is shortened at random by up to a half."""
    longest_wait_s: float = 60.0
    """What a provider asks for by `Retry-After` is obeyed up to here."""


class Model:
    """One provider's model; any number of threads may ask it."""

    def __init__(
        self,
        provider: Provider,
        *,
        patience: Patience = Patience(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.provider = provider
        self.background = Background()
        """Where calls run; closing it ends them."""
        self._patience = patience
        self._call = Call(provider, patience.deadline_s)
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, keeps no secret

    def ask(self, question: Question) -> Reply:
        """Wait for the answer. Raises ModelError; never from a coroutine."""
        return self.background.start(self.answer(question)).result()

    async def answer(self, question: Question, meter: Meter | None = None) -> Reply:
        """The answer, for coroutines that `background` runs. Raises ModelError and what `meter` raises."""
        meter = meter or Unmetered()
        # Loading takes seconds, and other calls go on meanwhile.
        await asyncio.to_thread(library)
        return await self._persist(question, meter)

    async def _persist(self, question: Question, meter: Meter) -> Reply:
        silences = 0
        for attempt in range(1, self._patience.attempts + 1):
            meter.begin()
            try:
                async with asyncio.timeout(self._patience.deadline_s):
                    return await self._call(question)
            except TimeoutError:
                silences += 1
                if silences >= self._patience.attempts_in_silence:
                    raise ModelError(self._silence(silences)) from None
            except TurnedAway as error:
                meter.refused()
                if attempt == self._patience.attempts:
                    raise ModelError(f"{error} ({attempt} attempts)") from None
                await self._sleep(self._wait_s(attempt, error))
        raise ModelError(self._silence(silences))

    def _wait_s(self, attempt: int, error: TurnedAway) -> float:
        """Raises ModelError where the provider asks for more than our patience."""
        longest = self._patience.longest_wait_s
        asked = error.retry_after_s
        if asked is not None and asked > longest:
            raise ModelError(
                f"{error}; it asks to wait {asked:g} s, which is more than {longest:g}"
            )
        doubled = min(self._patience.first_wait_s * 2.0 ** (attempt - 1), longest)
        return max(asked or 0.0, doubled * self._rng.uniform(0.5, 1.0))

    def _silence(self, silences: int) -> str:
        limit = self._patience.deadline_s
        return f"{self.provider.model} gave no whole answer within {limit:g} s, {silences} times"
