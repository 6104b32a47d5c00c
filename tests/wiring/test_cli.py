"""The `trex` command says what is wrong with its words, and how it ended."""

import socket
import subprocess
import sys

import pytest

from tests.serving import ROOT


def trex(*words, home):
    return subprocess.run(
        [sys.executable, "-m", "trex_web.cli", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TREX_HOME": str(home)},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["demo", "--nodes", "0"], "nodes=0 is not in 1..100000"),
        (["demo", "--port", "70000"], "port=70000 is not in 1..65535"),
        (["demo", "--port", "http"], "port=http is not in 1..65535"),
        (["fly"], "fly"),
        ([], "required"),
    ],
)
def test_wrong_words_end_with_status_2_and_the_value(tmp_path, words, message):
    done = trex(*words, home=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_port_in_use_is_said_and_nothing_is_started(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = trex("demo", "--no-browser", "--port", str(port), home=tmp_path)
    assert done.returncode == 1
    assert f"port={port} is in use" in done.stdout
    assert not list(tmp_path.iterdir())
