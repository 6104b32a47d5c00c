"""Operator `clean`."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Literal

from training import extensions
from training.data.catalogue import Row
from training.data.reserved import KEYS, rewritten
from training.operators import Operator

_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_UNSEEN = {"script", "style"}


class Clean(Operator):
    """Tidies every text column of a row; drops rows whose text is empty afterwards."""

    class Params(extensions.Params):
        html: bool = True
        """Take out tags, and turn entities into characters."""
        unicode: Literal["NFC", "NFKC", "none"] = "NFC"
        """Unicode normal form; NFKC also turns ligatures and full-width letters into plain ones."""
        control: bool = True
        """Take out control and invisible format characters other than new lines and tabs."""
        whitespace: bool = True
        """Make runs of spaces one space and runs of new lines one new line, and trim both ends."""

    _changed = 0

    @property
    def note(self) -> str:
        """How many rows changed, and what was dropped."""
        return f"{self._changed} rows changed; {self.drops}"

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            cleaned = self._row(row)
            self._changed += cleaned is not row
            if self.text(cleaned).strip():
                yield cleaned
            else:
                self.drop(row, "empty after cleaning")

    def _row(self, row: Row) -> Row:
        """The very row, where nothing changes."""
        texts = {
            key: self._clean(value)
            for key, value in row.items()
            if isinstance(value, str) and key not in KEYS
        }
        if all(row[key] == value for key, value in texts.items()):
            return row
        return rewritten(row, {**row, **texts}, text=self.text(row))

    def _clean(self, text: str) -> str:
        if self.params.html:
            text = _without_html(text)
        if self.params.unicode != "none":
            text = unicodedata.normalize(self.params.unicode, text)
        if self.params.control:
            text = "".join(filter(_is_seen, text))
        if self.params.whitespace:
            text = _SPACES.sub(" ", _LINES.sub("\n", text)).strip()
        return text


def _is_seen(character: str) -> bool:
    # Joiners stand inside words of Persian, Hindi and emoji.
    return character in "\n\t\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf")


def _without_html(text: str) -> str:
    if "<" not in text and "&" not in text:
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


class _Text(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in _UNSEEN
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _UNSEEN and self._hidden > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
