"""How long from the command to a live tree: `trex demo` in a new home, watched from a real page.

Seconds from the start of the command (environment installed) to the first event that the page shows, to the first
trained node's score, and to the twelfth trained node's. There is no peer: the bars are promises to a new user.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from typing import Any

from benchmarks.report import Bar, finish

NODES = 12
LIMITS_S = {
    "first event in the page": 60.0,
    "first trained node": 60.0,
    "twelfth trained node": 480.0,
}
DEADLINE_S = 900.0
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
BROWSER += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main() -> int:
    """Run once; exit status 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(description="Seconds from `trex demo` to a live tree.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    sample = measure()
    bars = [
        Bar(name, sample["seconds"].get(name, float("inf")), limit)
        for name, limit in LIMITS_S.items()
    ]
    gain = (sample["best"] or 0.0) - (sample["baseline"] or 0.0)
    bars.append(Bar("best score minus baseline", gain, 0.01, "at least"))
    return finish("start", bars, [sample], as_json=options.json)


def measure() -> dict[str, Any]:
    """One demo in a home of its own, from the command to its end."""
    home = tempfile.mkdtemp(prefix="trex-bench-")
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "trex_web.cli",
        "demo",
        "--no-browser",
        f"--port={port}",
        f"--nodes={NODES}",
    ]
    started, wall = time.monotonic(), time.time()
    trex = subprocess.Popen(
        [*command, "--exit-when-done", "--json"],
        env=os.environ | {"TREX_HOME": home},
        stdout=subprocess.PIPE,
    )
    try:
        first = _first_event_in_page(f"http://127.0.0.1:{port}", trex) - started
        output, _ = trex.communicate(timeout=DEADLINE_S)
    finally:
        if trex.poll() is None:
            trex.send_signal(signal.SIGTERM)
            trex.wait()
        shutil.rmtree(home, ignore_errors=True)
    return _sample(json.loads(output.splitlines()[-1]), first, wall)


def _sample(summary: dict[str, Any], first_s: float, wall: float) -> dict[str, Any]:
    trained = [
        node for node in summary["nodes"] if node["kind"] == "trial" and node["score"] is not None
    ]
    ends = sorted(
        datetime.fromisoformat(node["finished_at"]).timestamp() - wall for node in trained
    )
    seconds = {"first event in the page": first_s}
    seconds |= {"first trained node": ends[0]} if ends else {}
    seconds |= {"twelfth trained node": ends[NODES - 1]} if len(ends) >= NODES else {}
    best = summary["best"] and summary["best"]["score"]
    return {"seconds": seconds, "baseline": summary["baseline"], "best": best, "ends": ends}


def _first_event_in_page(url: str, trex: "subprocess.Popen[bytes]") -> float:
    """The monotonic time at which Chromium shows the first change that came over the socket."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=BROWSER
        )
        _wait_for_server(f"{url}/projects/1/tree/", trex)
        page = browser.new_page()
        page.goto(f"{url}/projects/1/")
        page.locator(
            '#outline [data-node="0"][data-state="running"], #outline [data-node="1"]'
        ).first.wait_for(state="attached", timeout=60_000)
        seen = time.monotonic()
        browser.close()
    return seen


def _wait_for_server(url: str, trex: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and trex.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)  # nothing signals a foreign server's start
    raise SystemExit("trex demo did not answer within 60 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
