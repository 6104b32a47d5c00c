"""Finds answers in what a model wrote."""

import json
from typing import Any


def json_in(text: str, opening: str) -> Any:
    """The first JSON value in `text` that opens with `opening`, which is { or [; None where there is none."""
    decoder = json.JSONDecoder()
    place = text.find(opening)
    while place >= 0:
        try:
            return decoder.raw_decode(text, place)[0]
        except (ValueError, RecursionError):
            place = text.find(opening, place + 1)
    return None
