"""What every benchmark prints last, and the exit status that follows from it."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

PACKAGES = ("django", "celery", "torch", "transformers", "trl", "peft")


@dataclass(frozen=True)
class Bar:
    """A value and the limit that it must keep; `direction` says on which side is good."""

    name: str
    value: float
    limit: float
    direction: str = "at most"

    @property
    def holds(self) -> bool:
        """Whether the value is on the good side of its limit."""
        return (
            self.value <= self.limit if self.direction == "at most" else self.value >= self.limit
        )


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    return {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()}


def finish(
    benchmark: str,
    bars: list[Bar],
    samples: Any,
    *,
    as_json: bool,
    not_measured: Mapping[str, str] | None = None,
) -> int:
    """Print the outcome, a line a bar or one JSON object; returns 1 when a bar does not hold.

    not_measured: the reason by name of each bar that could not be measured here; none of them is claimed.
    """
    missing = dict(not_measured or {})
    outcome = {
        "benchmark": benchmark,
        "machine": machine(),
        "versions": {name: version(name) for name in PACKAGES},
        "bars": [asdict(bar) | {"holds": bar.holds} for bar in bars],
        "not_measured": missing,
        "samples": samples,
    }
    lines = [
        f"{'holds ' if bar.holds else 'MISSED'} {bar.name}: {bar.value:.2f} ({bar.direction} {bar.limit:g})"
        for bar in bars
    ]
    lines += [f"not measured {name}: {reason}" for name, reason in missing.items()]
    sys.stdout.write((json.dumps(outcome) if as_json else "\n".join(lines)) + "\n")
    return 0 if all(bar.holds for bar in bars) else 1
