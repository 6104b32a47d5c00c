"""Runs every benchmark and writes their bars into docs/benchmarks.md; status 1 when one does not hold."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import benchmarks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
START, END = "<!-- results -->", "<!-- end -->"
SHARED = {"__main__", "report"}


def main() -> int:
    """Run all, one after another."""
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in SHARED
    )
    outcomes = [_run(name) for name in names]
    head, _, rest = PAGE.read_text("utf-8").partition(START)
    PAGE.write_text(f"{head}{START}\n{_table(outcomes)}\n{END}{rest.partition(END)[2]}", "utf-8")
    return 0 if all(bar["holds"] for outcome in outcomes for bar in outcome["bars"]) else 1


def _run(name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


def _table(outcomes: list[dict[str, Any]]) -> str:
    lines = ["", "| benchmark | bar | value | limit | holds |", "|---|---|---|---|---|"]
    for outcome in outcomes:
        lines += [
            f"| `{outcome['benchmark']}` | {bar['name']} | {bar['value']:.2f} | {bar['direction']} {bar['limit']:g} | "
            f"{'yes' if bar['holds'] else '**no**'} |"
            for bar in outcome["bars"]
        ]
        lines += [
            f"| `{outcome['benchmark']}` | {name} | not measured: {reason} | | |"
            for name, reason in outcome["not_measured"].items()
        ]
    if outcomes:
        machine = outcomes[0]["machine"]
        versions = ", ".join(
            f"{name} {version}" for name, version in outcomes[0]["versions"].items()
        )
        lines += [
            "",
            f"On {machine['cpus']} CPUs, {machine['processor']}, {machine['system']}; {versions}.",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
