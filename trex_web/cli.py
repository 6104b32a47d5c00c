"""The `trex` command."""

import argparse
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status (2: the call's words are off)."""
    options = _parser().parse_args(arguments)
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
    return parser


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
