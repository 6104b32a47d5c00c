"""Operator `filter_regex`."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field, field_validator

from training import extensions
from training.data.catalogue import Row
from training.operators import Operator


class FilterRegex(Operator):
    """Keeps or drops rows whose text matches a regular expression anywhere.

    Not protected against patterns that take exponential time: the run's own time limit ends those.
    """

    class Params(extensions.Params):
        pattern: str = Field(default=r"https?://", min_length=1, max_length=1_000)
        """Regular expression of Python's `re`; `(?i)` in front ignores case."""
        action: Literal["drop", "keep"] = "drop"
        """What happens to rows that match; the others get the opposite."""

        @field_validator("pattern")
        @classmethod
        def _compiles(cls, pattern: str) -> str:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"is no regular expression: {error}") from error
            return pattern

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        pattern, keeps = re.compile(self.params.pattern), self.params.action == "keep"
        for row in rows:
            if bool(pattern.search(self.text(row))) == keeps:
                yield row
            else:
                self.drop(row, "no match" if keeps else "match")
