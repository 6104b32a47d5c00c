"""The `trex` command says what is wrong with its words, and how it ended."""

import socket
import subprocess
import sys

import pytest

from tests.serving import ROOT


def trex(*words, home, **environment):
    return subprocess.run(
        [sys.executable, "-m", "trex_web.cli", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TREX_HOME": str(home)} | environment,
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


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"TREX_RUN_SLOTS": "many"}, "TREX_RUN_SLOTS='many' is not in 1..64"),
        ({"TREX_LEASE_S": "0"}, "TREX_LEASE_S='0' is not in 2..3600"),
        (
            {"DATABASE_URL": "nowhere"},
            "DATABASE_URL is no address like postgresql://user@host/name",
        ),
        ({"DATABASE_URL": "sqlite:////proc/no/such/folder/db"}, "The database cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_in_one_line(tmp_path, environment, message):
    done = trex("serve", "--port", "8999", home=tmp_path, **environment)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_is_no_folder_is_said_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    done = trex("serve", "--port", "8999", home=tmp_path / "file")
    assert done.returncode == 1
    assert f"TREX_HOME={tmp_path / 'file'} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
