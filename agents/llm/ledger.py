"""What one data step has used, and when it may use no more."""

from agents.errors import BudgetUsedUp
from agents.llm import Reply
from training.asking import Ask, Usage


class Ledger:
    """Counts one step's calls against its budget; one thread's.

    The cost of a call is known when it is answered, so calls that run at once may pass
    `max_cost_usd` together; `max_calls` is never passed.
    """

    def __init__(self, ask: Ask, *, spent: Usage, model: str) -> None:
        self._ask = ask
        self._used = spent.model_dump() | {"model": model}

    @property
    def usage(self) -> Usage:
        """What the step has used so far."""
        return Usage(**self._used)

    def begin(self) -> None:
        """Count a call. Raises BudgetUsedUp."""
        limit, cost = self._ask.max_calls, self._ask.max_cost_usd
        if self._used["calls"] >= limit:
            raise BudgetUsedUp(self._sentence("max_calls", limit))
        if cost is not None and (self._used["cost_usd"] or 0.0) >= cost:
            raise BudgetUsedUp(self._sentence("max_cost_usd", cost))
        self._used["calls"] += 1

    def refused(self) -> None:
        """The call that began was turned away, and is not billed."""
        self._used["calls"] -= 1
        self._used["retries"] += 1

    def answered(self, reply: Reply) -> None:
        """Count what a call has used."""
        self._used["prompt_tokens"] += reply.prompt_tokens
        self._used["completion_tokens"] += reply.completion_tokens
        known = self._used["cost_usd"] is not None and reply.cost_usd is not None
        self._used["cost_usd"] = self._used["cost_usd"] + reply.cost_usd if known else None

    def from_cache(self) -> None:
        """Count an answer that cost nothing."""
        self._used["cached"] += 1

    def _sentence(self, option: str, limit: float) -> str:
        calls = self._used["calls"]
        return (
            f"{option}={limit:g} is used up after {calls} calls; their answers are kept, so with a "
            "higher limit the step goes on from there"
        )
