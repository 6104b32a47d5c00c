"""Messages on the filesystem broker are whole or not there."""

import os
import subprocess
import sys

from kombu import Connection

from tests.serving import ROOT

TRANSPORT = "trex_web.broker:Transport"
WRITE = """
import sys
from tests.wiring.test_broker import connection
with connection(sys.argv[1]) as mine, mine.SimpleQueue("trex") as queue:
    for number in range(1500):
        queue.put({"padding": "x" * 20_000})
"""


def connection(folder):
    folders = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": f"{folder}/control",
    }
    return Connection("filesystem://localhost", transport=TRANSPORT, transport_options=folders)


def test_a_reader_that_looks_while_messages_are_written_never_sees_an_unfinished_one(tmp_path):
    (tmp_path / "control").mkdir()
    with connection(tmp_path) as mine, mine.SimpleQueue("trex") as queue:
        writer = subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], cwd=ROOT)
        sizes = []
        while writer.poll() is None:
            sizes += [
                entry.stat().st_size
                for entry in os.scandir(tmp_path)
                if entry.name.endswith(".trex.msg")
            ]
            sizes = [min(sizes, default=1), len(sizes)] if len(sizes) > 10_000 else sizes
        assert writer.returncode == 0
        assert len(list(tmp_path.glob("*.trex.msg"))) == 1500
        assert 0 not in sizes
        assert queue.get(timeout=10).payload == {"padding": "x" * 20_000}
