"""The local runner with real processes: one warm parent, forked runs, certain death."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agents.errors import RunnerError
from agents.runners._processes import code
from agents.runners._processes.environment import environment
from agents.runners.local import Local
from training.recipe import RunSpec, read
from training.rundir import RunDir

RECIPE = {
    "data": [{"use": "load", "params": {"sources": ["clean"]}}],
    "training": {"use": "sft", "params": {"max_steps": 100_000}},
}


@pytest.fixture(scope="module")
def runner():
    local = Local(Local.Params())
    yield local
    local.close()


@pytest.fixture
def new_run(tmp_path):
    """Makes a run that trains for hours, or with an unknown task one that fails at once."""

    def make(name, *, task="sst2", **fields):
        spec = RunSpec(
            run_id=name,
            kind="trial",
            task=task,
            edition="mini",
            base_model="trex-tiny",
            recipe=read(RECIPE),
            **fields,
        )
        return RunDir.create(tmp_path / name, spec)

    return make


def wait_for(condition, *, seconds=60):
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "waited too long"
        time.sleep(0.05)


def events_of(run_dir):
    path = run_dir.path / "events.jsonl"
    return path.read_text() if path.exists() else ""


def is_alive(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_run_ends_with_a_status_and_a_result(runner, new_run):
    run_dir = new_run("bad", task="nonsense")
    process = runner.start(run_dir.path)
    wait_for(lambda: process.poll() is not None)
    assert run_dir.result()["status"] == "failed"
    assert "nonsense" in run_dir.result()["reason"]


def test_many_threads_start_runs_at_once(runner, new_run):
    runs = [new_run(f"run{number}", task="nonsense") for number in range(4)]
    started = {}
    threads = [
        threading.Thread(target=lambda run=run: started.update({run.path: runner.start(run.path)}))
        for run in runs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({process.pid for process in started.values()}) == 4
    wait_for(lambda: all(process.poll() is not None for process in started.values()))


def test_a_run_leads_its_own_group_and_is_gone_when_stopped(runner, new_run):
    run_dir = new_run("long")
    process = runner.start(run_dir.path)
    assert os.getpgid(process.pid) == process.pid
    wait_for(lambda: run_dir.reader().read_new())
    assert process.poll() is None
    process.stop(3.0)
    assert not is_alive(process.pid)
    assert process.poll() is not None
    assert run_dir.result()["status"] == "cancelled"
    process.stop(3.0)


def test_a_run_that_ignores_the_request_is_killed(runner, new_run):
    process = runner.start(new_run("frozen").path)
    os.killpg(process.pid, signal.SIGSTOP)
    process.stop(0.2)
    assert process.poll() in (-signal.SIGKILL, -signal.SIGTERM)
    assert not is_alive(process.pid)


def test_a_killed_parent_takes_its_runs_with_it_and_is_replaced(runner, new_run):
    process = runner.start(new_run("orphan").path)
    old = parent_of(process.pid)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: process.poll() is not None)
    wait_for(lambda: not is_alive(process.pid))
    again = runner.start(new_run("after").path)
    assert parent_of(again.pid) != old
    again.stop(0.5)


@pytest.mark.parametrize("reason", ["code", "runs"])
def test_an_outdated_parent_is_replaced_and_its_runs_go_on(reason, new_run, monkeypatch):
    # F38; the code's state is given, because a test must not touch the package's files.
    states = iter([1, 1] if reason == "runs" else [1, 2])
    monkeypatch.setattr("agents.runners._processes.code.state", lambda: next(states))
    monkeypatch.setattr(
        "agents.runners._processes.warm.RUNS_OF_ONE_PARENT", 1 if reason == "runs" else 500
    )
    local = Local(Local.Params())
    first = local.start(new_run("first").path)
    old = parent_of(first.pid)

    second = local.start(new_run("second").path)

    assert parent_of(second.pid) != old
    assert (first.poll(), second.poll()) == (None, None)
    first.stop(5.0)
    wait_for(lambda: not is_alive(old))
    assert second.poll() is None
    local.close()
    assert not is_alive(second.pid)


def test_the_state_of_the_code_changes_with_any_file(tmp_path, monkeypatch):
    monkeypatch.setattr("agents.runners._processes.code.package", lambda: tmp_path)
    file = tmp_path / "methods" / "new.py"
    before = code.state()
    file.parent.mkdir()
    file.write_text("")
    added = code.state()
    os.utime(file, ns=(1, 1))

    assert len({before, added, code.state()}) == 3


def test_the_state_of_the_code_changes_with_a_librarys_version(tmp_path, monkeypatch):
    installed = tmp_path / "trl-1.16.0.dist-info"
    installed.mkdir()
    (tmp_path / "unrelated-1.dist-info").mkdir()
    monkeypatch.setattr("agents.runners._processes.code._folder", lambda name: tmp_path)
    before = code.state()
    installed.rename(tmp_path / "trl-1.17.0.dist-info")
    upgraded = code.state()
    (tmp_path / "unrelated-1.dist-info").rmdir()

    assert before != upgraded == code.state()


@pytest.mark.parametrize("warm", [True, False])
def test_closing_lets_runs_in_training_save_a_checkpoint(warm, new_run, tmp_path):
    # F32
    saved = tmp_path / "saved"
    run_dirs = [
        new_run(name, checkpoints=str(saved / name)) for name in ("one", "two")[: 1 + warm]
    ]
    local = Local(Local.Params(warm=warm))
    runs = [local.start(run_dir.path) for run_dir in run_dirs]
    for run_dir in run_dirs:
        wait_for(lambda run_dir=run_dir: '"metric"' in events_of(run_dir))

    local.close()

    assert not any(is_alive(run.pid) for run in runs)
    assert all(run_dir.result()["reason"].endswith("is saved.") for run_dir in run_dirs)
    assert len(list(saved.glob("*/seed-0/checkpoint-*"))) >= len(runs)


def test_without_a_warm_parent_a_run_starts_cold(new_run):
    local = Local(Local.Params(warm=False))
    process = local.start(new_run("cold").path)
    assert process.poll() is None
    assert os.getpgid(process.pid) == process.pid
    local.close()
    assert not is_alive(process.pid)


def test_a_parent_that_cannot_start_is_done_without(new_run, tmp_path, monkeypatch):
    # A broken library, as after a failed upgrade: the warm parent ends before it is ready.
    (tmp_path / "trl.py").write_text("raise ImportError('broken')")
    monkeypatch.setattr(
        "agents.runners._processes.code.project_root", lambda: f"{tmp_path}:{Path.cwd()}"
    )
    local = Local(Local.Params())
    process = local.start(new_run("fallback").path)
    assert parent_of(process.pid) == os.getpid()
    local.close()
    assert not is_alive(process.pid)


def test_a_closed_runner_starts_nothing(new_run):
    local = Local(Local.Params())
    local.close()
    with pytest.raises(RunnerError, match="closed"):
        local.start(new_run("late").path)


def test_runs_die_with_the_worker_however_it_dies(new_run):
    path = new_run("bereft").path
    program = (
        "import pathlib, sys, time; from agents.runners.local import Local;"
        "p = Local(Local.Params(warm=False)).start(pathlib.Path(sys.argv[1]));"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    )
    pid = int(worker.stdout.readline())
    wait_for(lambda: (path / "events.jsonl").exists())
    worker.kill()
    worker.communicate()
    wait_for(lambda: not is_alive(pid))


def test_no_secret_reaches_a_training_process():
    seen = environment(
        {
            "PATH": "/bin",
            "OPENAI_API_KEY": "canary",
            "TREX_SECRET_KEY": "canary",
            "HF_TOKEN": "canary",
            "DATABASE_URL": "postgres://u:canary@h/d",
            "TREX_HOME": "/data",
            "OMP_NUM_THREADS": "2",
            "ANYTHING": "canary",
        }
    )
    assert "canary" not in "".join(seen.values())
    own = {"HF_HUB_OFFLINE", "PYTHONPATH", "GOMP_SPINCOUNT"}
    assert {"PATH", "TREX_HOME", "OMP_NUM_THREADS"} | own == set(seen)
