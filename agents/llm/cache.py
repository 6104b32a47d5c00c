"""Answers by the hash of what was asked, shared by all runs on a machine."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from agents.llm import Question, Reply
from training.data import verified

VERSION = 1
"""Of what the hash is made from."""


class AnswerCache:
    """A folder of replies; verified when read, written in one step, and never in the way: a miss costs a call."""

    def __init__(self, folder: Path, *, model: str) -> None:
        self._folder = folder
        self._model = model

    def key(self, question: Question) -> str:
        """SHA-256 over model, place, messages and sampling."""
        asked = {"version": VERSION, "model": self._model, **asdict(question)}
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self, key: str) -> Reply | None:
        """The reply stored under `key`; None when there is none, or when it is damaged."""
        found = verified.load(self._path(key))
        try:
            return Reply(**found)
        except TypeError:
            return None

    def store(self, key: str, reply: Reply) -> bool:
        """Keep the reply; False where the disk refuses."""
        return verified.store(self._path(key), asdict(reply))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
