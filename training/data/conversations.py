"""What a row asks and what it answers, whichever of its columns says so."""

from typing import Any, Protocol

from training.data.catalogue import Row
from training.data.reserved import COMPLETION, MESSAGES, PROMPT
from training.errors import RecipeError

Messages = list[dict[str, str]]
ROLES = ("system", "user", "assistant", "tool")


class Asking(Protocol):
    """What this module knows of a task."""

    def prompt(self, row: Row, /) -> Messages:
        """Chat messages that ask for the answer."""
        ...

    def target(self, row: Row, /) -> str:
        """The answer as the model should write it."""
        ...


def split(task: Asking, row: Row, *, number: int) -> tuple[Messages, str]:
    """(prompt, answer) of `row`: from its `messages`, else from `prompt` and `completion`, else as the task makes them.

    Of a conversation the last assistant turn is the answer, and what stands before it the prompt; turns after it
    are left out. number: the row's, from 1, for errors. Raises RecipeError with field and value.
    """
    if MESSAGES in row:
        return _conversation(row[MESSAGES], f"row.{number}.{MESSAGES}")
    return row.get(PROMPT) or task.prompt(row), row.get(COMPLETION) or task.target(row)


def _conversation(messages: Any, field: str) -> tuple[Messages, str]:
    if not isinstance(messages, list):
        raise RecipeError(field, messages, "is not a list of messages")
    for place, message in enumerate(messages):
        _check(message, f"{field}.{place}")
    answers = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
    if not answers:
        raise RecipeError(field, messages, "has no assistant turn to learn")
    last = answers[-1]
    if not last:
        raise RecipeError(field, messages, "has no turn before the assistant's")
    if not messages[last]["content"].strip():
        raise RecipeError(f"{field}.{last}.content", messages[last]["content"], "is empty")
    return messages[:last], messages[last]["content"]


def _check(message: Any, field: str) -> None:
    if not isinstance(message, dict):
        raise RecipeError(field, message, "is not an object with role and content")
    if message.get("role") not in ROLES:
        raise RecipeError(
            f"{field}.role", message.get("role"), f"is not one of {', '.join(ROLES)}"
        )
    if not isinstance(message.get("content"), str):
        raise RecipeError(f"{field}.content", message.get("content"), "is not text")
