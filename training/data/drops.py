"""What an operator dropped, and why: counts by reason, and a few samples for people to judge."""

from collections import Counter

SAMPLES = 5
SAMPLE_CHARS = 200


class Drops:
    """Counts of dropped rows by reason; keeps the first samples of different reasons before more of the same."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._samples: dict[str, list[str]] = {}

    def add(self, text: str, reason: str) -> None:
        """Count one dropped row."""
        self._counts[reason] += 1
        kept = self._samples.setdefault(reason, [])
        if len(kept) < SAMPLES:
            kept.append(_short(f"{reason}: {text}"))

    @property
    def total(self) -> int:
        """Rows dropped so far."""
        return self._counts.total()

    def samples(self) -> list[str]:
        """Up to 5 texts of at most 200 characters, each after its reason; every reason in turn."""
        turns = (
            (place, text) for kept in self._samples.values() for place, text in enumerate(kept)
        )
        return [text for _, text in sorted(turns, key=lambda turn: turn[0])][:SAMPLES]

    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {reason}" for reason, count in self._counts.most_common())
        return f"{self.total} rows dropped ({reasons})" if reasons else "no row dropped"


def _short(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= SAMPLE_CHARS:
        return text
    return f"{text[: SAMPLE_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"
