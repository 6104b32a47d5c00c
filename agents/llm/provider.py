"""The border to litellm: one call, its errors in our words, and no key in any of them."""

import logging
import math
import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from agents.errors import ModelError, PromptRefused
from agents.llm import Provider, Question, Reply

NO_KEY = "no-key"
"""Sent where no key is set: with an empty one litellm would take one from its own environment variables."""
MAX_CHARS = 200_000
"""Of an answer; a longer one is cut."""
_REASON_CHARS = 300
_SLACK_S = 5.0
_SHORTEST_SECRET = 8
"""Servers that want no key are given words like EMPTY, which may stand in any answer."""
_FOREIGN = re.compile(
    r"^(?!TREX_).*(_API_KEY|_API_BASE|_BASE_URL|_API_TOKEN|_ORGANIZATION)$|^LITELLM_"
)
"""Environment variables that would make litellm call another place or with another key than is configured."""
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_ENVIRONMENT = {
    # No look-ups of price lists or headers on the network, and no `.env` file of the working folder.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_MODE": "PRODUCTION",
}
# On lower levels they write requests, and addresses, which may hold a password.
_TALKATIVE = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore")


class TurnedAway(ModelError):
    """The provider answered with an error that may pass: too many requests, overloaded, out of reach."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@cache
def library() -> Any:
    """litellm, made quiet and deaf to the environment; the first call takes seconds."""
    for name in [name for name in os.environ if _FOREIGN.search(name)]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    import litellm

    litellm.suppress_debug_info = True
    # Its connections end with the loop's; sessions of the other transport would have to be closed.
    litellm.disable_aiohttp_transport = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return litellm


@dataclass(frozen=True, slots=True)
class Call:
    """Calls one provider."""

    provider: Provider
    deadline_s: float
    """A call without its whole answer by then is given up."""

    async def __call__(self, question: Question) -> Reply:
        """One request, one reply. Raises TurnedAway, PromptRefused, ModelError; TimeoutError is the caller's to set."""
        try:
            response = await library().acompletion(**self._arguments(question))
            return self._reply(response)
        except Exception as error:
            # Whatever litellm and its providers raise, none of it may pass this border.
            raise self._mapped(error) from None

    def _arguments(self, question: Question) -> dict[str, Any]:
        return {
            "model": self.provider.model,
            "base_url": self.provider.base_url or None,
            "api_key": self.provider.api_key or NO_KEY,
            "messages": [dict(message) for message in question.messages],
            "temperature": question.temperature,
            "max_tokens": question.max_tokens,
            "seed": question.seed,
            # Ours comes first: the library's own would look like a provider that turned us away.
            "timeout": self.deadline_s + _SLACK_S,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }

    def _reply(self, response: Any) -> Reply:
        text = response.choices[0].message.content or ""
        usage = getattr(response, "usage", None)
        cost = response._hidden_params.get("response_cost")
        return Reply(
            self._clean(text)[:MAX_CHARS],
            int(getattr(usage, "prompt_tokens", 0) or 0),
            int(getattr(usage, "completion_tokens", 0) or 0),
            float(cost) if cost is not None and math.isfinite(cost) else None,
        )

    def _mapped(self, error: Exception) -> ModelError:
        litellm, status = library(), getattr(error, "status_code", None)
        if isinstance(
            error, litellm.ContentPolicyViolationError | litellm.ContextWindowExceededError
        ):
            return PromptRefused(self._said(error))
        if status in (401, 403):
            # What a provider says about a key may repeat it.
            reason = f"the provider of {self.provider.model} refused the key (status {status})"
            return ModelError(f"{reason}: check TREX_LLM_API_KEY")
        message = f"{self.provider.model} could not be asked: {self._said(error)}"
        if status is None or status in _TRY_AGAIN or status >= 500:
            return TurnedAway(message, retry_after_s=_retry_after_s(error))
        return ModelError(message)

    def _said(self, error: Exception) -> str:
        """The first line of the library's words, without secrets; an address may hold a password."""
        first, *_ = str(error).splitlines() or [""]
        text = self._clean(first).replace(self.provider.base_url or "\n", "[address]")
        return f"{type(error).__name__}: {text}"[:_REASON_CHARS]

    def _clean(self, text: str) -> str:
        """Without the key, and storable: a server may repeat what it was sent."""
        key = self.provider.api_key
        if len(key) >= _SHORTEST_SECRET:
            text = text.replace(key, "[key]")
        return text.encode("utf-8", "replace").decode("utf-8")


def _retry_after_s(error: Exception) -> float | None:
    """Seconds that the provider asks to wait; None without such a header, or with a date in it."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
