"""Language models: messages in; text, usage and cost out. The library that calls them is loaded when one is asked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Message = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provider:
    """Which model, where, and with which key; as litellm names them (`openai/gpt-4o-mini`)."""

    model: str
    base_url: str = ""
    """Address of the API; empty for the provider's own."""
    api_key: str = ""

    @property
    def name(self) -> str:
        """The model, and a hash of its address where it has one: other places, other models. Holds no secret."""
        if not (self.model and self.base_url):
            return self.model
        return f"{self.model}@{hashlib.sha256(self.base_url.encode()).hexdigest()[:8]}"

    def __repr__(self) -> str:
        # An address may hold a password.
        return f"Provider(model={self.model!r})"


@dataclass(frozen=True, slots=True)
class Question:
    """Chat messages, each {"role", "content"}, and how to draw the answer."""

    messages: Sequence[Message]
    temperature: float = 1.0
    max_tokens: int = 512
    """Longest answer, in tokens."""
    seed: int = 0
    """Tells samples of the same messages apart; sent to providers that take one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and what it used."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    """By litellm's price list; None when that has no price for the model."""


class Meter(Protocol):
    """Hears of every call before it is made, and may forbid it."""

    def begin(self) -> None:
        """A request is about to be sent. Raises BudgetUsedUp."""

    def refused(self) -> None:
        """The provider turned it away unanswered, and bills nothing."""


class Unmetered:
    """Counts nothing and forbids nothing."""

    def begin(self) -> None:
        """Nothing."""

    def refused(self) -> None:
        """Nothing."""
