"""Stands in for a language model where operators ask: answers at once, from nothing but the prompt."""

import json
from collections.abc import Callable

from training.asking import Answer, Answers, Ask, Prompt, Usage


def obliging(prompt: Prompt) -> str:
    """What the system message asks for: a row of SST-2, or a score; always the same for the same prompt."""
    if "JSON" not in prompt.messages[0]["content"]:
        return "8"
    words = len(prompt.messages[1]["content"].split())
    return json.dumps({"sentence": f"a film of {words} words, take {prompt.seed}", "label": 1})


class FakeAsker:
    """Answers every prompt by `answer`; None means that the model gave no answer."""

    name = "fake/model"

    def __init__(self, answer: Callable[[Prompt], str | None] = obliging) -> None:
        self.asked: list[Ask] = []
        self._answer = answer

    @property
    def prompts(self) -> list[Prompt]:
        """All prompts so far."""
        return [prompt for ask in self.asked for prompt in ask.prompts]

    def ask(self, ask: Ask) -> Answers:
        self.asked.append(ask)
        usage = Usage(model=self.name, calls=len(self.prompts), cost_usd=None)
        return Answers(answers=tuple(map(self._one, ask.prompts)), usage=usage)

    def _one(self, prompt: Prompt) -> Answer:
        text = self._answer(prompt)
        return Answer(text=text, problem="" if text is not None else "refused")
