"""Metric `tool_calls`."""

import json
from collections.abc import Mapping
from statistics import fmean
from typing import Any, ClassVar

from training import extensions
from training.ftbench.averages import Answers, Golds, MeanOfRows


class ToolCalls(MeanOfRows):
    """Mean of tool accuracy and argument accuracy over the steps of a dialogue, given its true history.

    Answers and gold answers are JSON objects with `name` and `arguments`. Arguments are right when the tool is, and all
    have the right value, whatever case and spacing. `tool_accuracy` and `argument_accuracy` are measured apart.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "tool_calls"

    @staticmethod
    def row(answer: str, gold: str) -> float:
        """0, 0.5 for the right tool, 1 for its arguments too."""
        return fmean(_right(answer, gold))

    @classmethod
    def measures(cls, predictions: Answers, golds: Golds) -> Mapping[str, float]:
        """Both accuracies."""
        pairs = zip(predictions, golds, strict=True)
        tools, arguments = zip(
            *(_right(answer or "", gold) for answer, gold in pairs), strict=True
        )
        return {"tool_accuracy": fmean(tools), "argument_accuracy": fmean(arguments)}


def _right(answer: str, gold: str) -> tuple[bool, bool]:
    """Whether the tool is right, and whether its arguments are."""
    written, wanted = _call(answer), _call(gold)
    is_tool = written.get("name") == wanted["name"]
    same = _normal(written.get("arguments")) == _normal(wanted["arguments"])
    return is_tool, is_tool and same


def _call(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _normal(value: Any) -> Any:
    """The value with texts in lower case and single spaces, and numbers as texts."""
    if isinstance(value, dict):
        return {str(key): _normal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_normal(each) for each in value]
    return " ".join(str(value).casefold().split())
