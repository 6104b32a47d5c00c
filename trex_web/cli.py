"""The `trex` command."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status (2: the call's words are off)."""
    options = _parser().parse_args(arguments)
    if options.command == "bench":
        return _bench_score(options)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trex_web.settings")
    # Without it, importing litellm waits for a download; without the other, transformers asks the hub.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from trex_web import demo, supervisor

    if options.command == "demo":
        return demo.run(options)
    return supervisor.serve(options.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trex", description="Explore fine-tuning recipes as a live search tree."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve", help="run the web process and a worker on this machine until Ctrl-C"
    )
    serve.add_argument(
        "--port", type=_port, default=8000, help="port on 127.0.0.1 (default: %(default)s)"
    )
    demo = commands.add_parser(
        "demo", help="serve, and start an exploration of a small task with a small model"
    )
    demo.add_argument(
        "--port", type=_port, default=8000, help="port on 127.0.0.1 (default: %(default)s)"
    )
    demo.add_argument(
        "--nodes", type=_budget, default=12, help="recipes to train (default: %(default)s)"
    )
    demo.add_argument(
        "--no-browser", action="store_true", help="do not open the page in a browser"
    )
    demo.add_argument(
        "--exit-when-done",
        action="store_true",
        help="end with the best node; status 1 without one",
    )
    demo.add_argument(
        "--json", action="store_true", help="print one JSON object last, and progress to stderr"
    )
    _add_bench(commands)
    return parser


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser("bench", help="score predictions on an FT-Bench task's own files")
    score = bench.add_subparsers(dest="act", required=True).add_parser(
        "score", help="score what a model wrote for one split; status 1 where it cannot be scored"
    )
    score.add_argument("task", help="name of the task, such as aci_bench")
    score.add_argument("--data", type=Path, required=True, help="folder with upstream's files")
    score.add_argument("--split", required=True, help="upstream's name of the split")
    score.add_argument(
        "--predictions",
        type=Path,
        required=True,
        help="file or folder in upstream's format, or .jsonl with row and prediction",
    )
    score.add_argument("--json", action="store_true", help="print one JSON object, not a table")


def _bench_score(options: argparse.Namespace) -> int:
    from training.errors import TrainingError
    from training.ftbench import scoring

    try:
        found = scoring.score(
            options.task,
            data=options.data,
            split=options.split,
            predictions=options.predictions,
        )
    except TrainingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = json.dumps(found, ensure_ascii=False) if options.json else "\n".join(_table(found))
    sys.stdout.write(f"{text}\n")
    return 0


def _table(found: dict[str, Any]) -> list[str]:
    """One line for the task and one for each part: score, rows, and whatever else is known of it."""
    parts = {found["task"]: found, **found["subscores"]}
    hidden = ("task", "subscores")
    return [
        f"{name:<24}" + "  ".join(_cell(key, part[key]) for key in part if key not in hidden)
        for name, part in parts.items()
    ]


def _cell(key: str, value: Any) -> str:
    shown = f"{value:.4f}" if isinstance(value, float) else value
    return f"{key} {', '.join(value) if isinstance(value, list) else shown}"


def _port(text: str) -> int:
    return _within(text, "port", 1, 65535)


def _budget(text: str) -> int:
    return _within(text, "nodes", 1, 100_000)


def _within(text: str, name: str, low: int, high: int) -> int:
    number = int(text) if text.lstrip("-").isdecimal() else None
    if number is None or not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{name}={text} is not in {low}..{high}")
    return number


if __name__ == "__main__":
    sys.exit(main())
