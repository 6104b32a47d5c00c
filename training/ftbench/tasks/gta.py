"""FT-Bench task `gta`: the next call of a tool, given what came before."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from training import extensions
from training.data.catalogue import Edition, Row
from training.errors import DataRefused, RowRefused
from training.ftbench import Message, importing
from training.ftbench.answers import json_in
from training.ftbench.imported import ImportedTask
from training.ftbench.importing import Raw
from training.ftbench.mini import gta as mini_rows

_COLUMNS = ("tools", "dialogs")
_VALIDATION = 0.2
_REQUEST = 'Answer with the next call as JSON: {"name": "…", "arguments": {…}}'


class Gta(ImportedTask):
    """GTA (Wang et al., arXiv:2407.08713), step by step in text: each call of a tool is one row, with its true history.

    A query of upstream's `dataset.json`: `{"0": {"tools": [{"name": "Calculator", "description": "Evaluates an expression.",
    "inputs": [{"name": "expression"}]}], "files": [], "dialogs": [{"role": "user", "content": "What is 3 times 4?"}, {"role":
    "assistant", "tool_calls": [{"type": "function", "function": {"name": "Calculator", "arguments": {"expression": "3*4"}}}]},
    {"role": "tool", "name": "Calculator", "content": {"type": "text", "content": "12"}}, {"role": "assistant", "content":
    "12"}], "gt_answer": "12"}}`. Images are named, not shown, and final answers are not scored.
    A seeded fifth of the queries validates, the others are sealed; there is nothing to train on.
    """

    class Params(extensions.Params):
        pass

    name: ClassVar[str] = "gta"
    title: ClassVar[str] = "GTA (tool calls)"
    metric: ClassVar[str] = "tool_calls"
    licence: ClassVar[str] = "Apache-2.0"
    training_allowed: ClassVar[bool] = True
    source: ClassVar[str] = "https://github.com/open-compass/GTA"
    hub_id: ClassVar[str] = "Jize1/GTA"
    editions: ClassVar[tuple[str, ...]] = ("mini", "full")
    max_new_tokens: ClassVar[int] = 256
    splits: ClassVar[tuple[str, ...]] = ("all",)
    columns: ClassVar[Mapping[str, str]] = {
        "query": "name of the query that the call belongs to",
        "tools": "list of tools with name and description",
        "history": "list of turns before the call, with role and content",
        "call": "object with name and arguments",
    }

    @staticmethod
    def mini(seed: int = 0) -> Edition:
        """The generated edition; the seed of the shipped benchmark is 0."""
        return mini_rows.edition(seed)

    @classmethod
    def full(cls, folder: Path) -> Edition:
        """A fifth of the queries validates."""
        steps = cls.upstream(folder, "all")
        validation, test = importing.carve(steps, _VALIDATION, key=lambda row: row["query"])
        return Edition("full", {}, validation, test)

    @classmethod
    def upstream(cls, folder: Path, split: str) -> tuple[Row, ...]:
        """Every call of every query, in order."""
        file = importing.locate(folder, "dataset.json", "gta_dataset/dataset.json")
        found = importing.json_value(file)
        if not isinstance(found, dict):
            raise DataRefused(file.name, "is not an object with one entry for each query")
        queries = importing.with_columns(file.name, list(found.values()), _COLUMNS)
        return tuple(
            step
            for name, query in zip(found, queries, strict=True)
            for step in _steps(file.name, name, query)
        )

    @staticmethod
    def row(raw: Row) -> Row:
        """Raises RowRefused unless the call names one of the tools."""
        for column in ("tools", "history"):
            if not isinstance(raw[column], list) or not raw[column]:
                raise RowRefused(column, raw[column], "is not a list with something in it")
        call, names = raw["call"], [_name(tool) for tool in raw["tools"]]
        if not isinstance(call, dict) or call.get("name") not in names:
            raise RowRefused("call", call, f"does not name one of {', '.join(names)}")
        call = {"name": call["name"], "arguments": _arguments(call)}
        kept = {column: raw[column] for column in ("query", "tools", "history")}
        return {**kept, "query": str(raw["query"]), "call": call}

    @staticmethod
    def text(row: Row) -> str:
        """What was said before."""
        return "\n".join(_turn(turn) for turn in row["history"])

    @staticmethod
    def prompt(row: Row) -> list[Message]:
        """Tools in the system message; the true history in one user message."""
        tools = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in row["tools"])
        return [
            {"role": "system", "content": f"You can call these tools:\n{tools}\n{_REQUEST}"},
            {"role": "user", "content": Gta.text(row)},
        ]

    @staticmethod
    def target(row: Row) -> str:
        """The call as JSON."""
        return json.dumps(row["call"], ensure_ascii=False)

    @staticmethod
    def gold(row: Row) -> str:
        """The call as JSON."""
        return json.dumps(row["call"], ensure_ascii=False)

    @staticmethod
    def extract(text: str) -> str | None:
        """The first JSON object."""
        found = json_in(text, "{")
        return None if found is None else json.dumps(found, ensure_ascii=False)


def _steps(file: str, query: str, raw: Raw) -> Iterator[Row]:
    """A row for each call of one query. Raises DataRefused with file and query."""
    history: list[Any] = []
    try:
        for turn in raw["dialogs"]:
            for call in _calls(turn):
                yield Gta.row(
                    {"query": query, "tools": raw["tools"], "history": list(history), "call": call}
                )
            history.append(turn)
    except RowRefused as error:
        raise DataRefused(file, f"row {query!r}: {error}") from error


def _calls(turn: Any) -> list[Any]:
    if not isinstance(turn, dict) or "role" not in turn:
        raise RowRefused("dialogs", turn, "is not a turn with a role")
    calls = turn.get("tool_calls") or []
    if not all(isinstance(call, dict) and "function" in call for call in calls):
        raise RowRefused("tool_calls", calls, "is not a list of objects with function")
    return [call["function"] for call in calls]


def _arguments(call: Mapping[str, Any]) -> Any:
    """The arguments, which some files hold as JSON text. Raises RowRefused."""
    arguments = call.get("arguments", {})
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError as error:
        raise RowRefused("arguments", arguments, "is not JSON") from error


def _name(tool: Any) -> str:
    if not isinstance(tool, dict) or "name" not in tool:
        raise RowRefused("tools", tool, "has no name")
    return str(tool["name"])


def _turn(turn: Mapping[str, Any]) -> str:
    """One turn as text: what was said, or called."""
    calls = [call["function"] for call in turn.get("tool_calls") or []]
    said = turn.get("content") or calls
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return f"{turn['role']}: {text}"
