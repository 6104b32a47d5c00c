"""The Executor watches a run all the way to its end."""

import json
import threading

import pytest

from agents.errors import LeaseLost, RunnerError
from agents.executor import GRACE_S, Executor
from tests.agents.trees import recipe
from tests.fakes import FakeClock, FakeProcess, FakeReport, FakeRunner
from training.recipe import Recipe, RunSpec
from training.rundir import RunDir


@pytest.fixture
def run_dir(tmp_path):
    raw = Recipe.model_validate(recipe())
    spec = RunSpec(
        run_id="1", kind="trial", task="sst2", edition="mini", base_model="m", recipe=raw
    )
    return RunDir.create(tmp_path / "run", spec)


def execute(run_dir, process, report, **options):
    clock = FakeClock()
    executor = Executor(FakeRunner(process), clock=clock, wait=clock.wait, **options)
    return executor.execute(run_dir, report)


def writes(run_dir, *texts):
    """A turn of a process that logs these lines."""

    def turn():
        with run_dir.writer() as writer:
            for text in texts:
                writer.emit("log", level="info", text=text)

    return turn


def idle():
    return None


def texts(report):
    return [line["text"] for event in report.events for line in event["data"]["lines"]]


def test_events_and_the_result_come_back(run_dir):
    report = FakeReport()
    turns = [
        writes(run_dir, "a", "b"),
        idle,
        lambda: run_dir.write_result({"status": "done", "score": 0.8}),
    ]
    assert execute(run_dir, FakeProcess(turns), report) == {"status": "done", "score": 0.8}
    assert texts(report) == ["a", "b"]


def test_what_is_written_last_is_not_lost(run_dir):
    def last():
        writes(run_dir, "last words")()
        run_dir.write_result({"status": "done"})

    report = FakeReport()
    execute(run_dir, FakeProcess([writes(run_dir, "first"), last]), report)
    assert texts(report) == ["first", "last words"]


def test_at_most_four_batches_a_second_are_reported(run_dir):
    report = FakeReport()
    clock = FakeClock()
    process = FakeProcess([writes(run_dir, str(number)) for number in range(100)])
    Executor(FakeRunner(process), clock=clock, wait=clock.wait).execute(run_dir, report)
    assert len(texts(report)) == 100
    assert len(report.batches) <= clock.now * 4 + 1


def test_the_lease_is_renewed_on_time(run_dir):
    report = FakeReport()
    clock = FakeClock()
    executor = Executor(
        FakeRunner(FakeProcess([idle] * 100)), clock=clock, wait=clock.wait, beat_every_s=1.0
    )
    executor.execute(run_dir, report)
    assert clock.now - 3 < report.beats <= clock.now + 1


@pytest.mark.parametrize("loss", [{"loses_beat": 2}, {"loses_emit": 1}])
def test_a_lost_lease_stops_the_process(run_dir, loss):
    process = FakeProcess([writes(run_dir, str(number)) for number in range(100)])
    with pytest.raises(LeaseLost):
        execute(run_dir, process, FakeReport(**loss))
    assert process.stopped_with == [GRACE_S]
    assert process.is_stopped_alive


def test_any_other_error_stops_the_process_too(run_dir):
    class Broken(FakeReport):
        def emit(self, events):
            raise OSError("the database is away")

    process = FakeProcess([writes(run_dir, "x")] * 5)
    with pytest.raises(OSError, match="the database is away"):
        execute(run_dir, process, Broken())
    assert process.is_stopped_alive


@pytest.mark.parametrize(
    ("status", "words"),
    [(-9, "signal 9 (Killed)"), (3, "exit status 3"), (0, "exit status 0")],
)
def test_a_process_without_a_result_is_lost_and_its_output_shown(run_dir, status, words):
    (run_dir.path / "output.log").write_text(
        "".join(f"line {n}\n" for n in range(1000)) + "Out of memory\n"
    )
    result = execute(run_dir, FakeProcess([idle], status=status), FakeReport())
    assert (result["status"], result["cause"]) == ("failed", "lost")
    assert result["reason"].startswith(
        f"the training process ended with {words} and left no result"
    )
    assert result["reason"].endswith("line 999\nOut of memory")
    assert "line 900\n" not in result["reason"]


def test_endless_binary_output_is_bounded(run_dir):
    (run_dir.path / "output.log").write_bytes(b"\x00\xff" * 1_000_000)
    result = execute(run_dir, FakeProcess([], status=1), FakeReport())
    assert len(result["reason"]) < 4_200
    json.dumps(result).encode()


def test_a_run_without_progress_is_stalled(run_dir):
    process = FakeProcess([writes(run_dir, "started"), *[idle] * 10_000], status=None)
    result = execute(run_dir, process, FakeReport(), stall_after_s=60.0)
    assert (result["status"], result["cause"]) == ("failed", "stalled")
    assert "no progress for 60 s" in result["reason"]
    assert process.is_stopped_alive


def test_a_run_that_cannot_start_says_so(run_dir):
    class Refusing(FakeRunner):
        def start(self, run_dir):
            raise RunnerError("no more processes")

    with pytest.raises(RunnerError, match="no more processes"):
        Executor(Refusing(FakeProcess([]))).execute(run_dir, FakeReport())


def test_a_lease_lost_while_starting_leaves_no_process(run_dir):
    process = FakeProcess([idle] * 3)

    beaten = threading.Event()

    class Slow(FakeRunner):
        def start(self, run_dir):
            beaten.wait(10)
            return self.process

    class Losing(FakeReport):
        def beat(self):
            beaten.set()
            raise LeaseLost("the lease has another owner")

    with pytest.raises(LeaseLost):
        Executor(Slow(process)).execute(run_dir, Losing())
    assert process.is_stopped_alive


def stopping(run_dir, report, fraction=0.5):
    """A turn of a process that tells a score on the way which the report finds hopeless."""

    def turn():
        with run_dir.writer() as writer:
            writer.emit("intermediate", fraction=fraction, step=5, score=0.4, rows=64)
        report.stop_reason = "stopped at 50 %"

    return turn


def test_a_hopeless_run_is_stopped_gracefully_and_is_cancelled_with_the_reason(run_dir):
    report = FakeReport()
    process = FakeProcess([stopping(run_dir, report), *[idle] * 100], status=None)
    result = execute(run_dir, process, report)
    assert (result["status"], result["cause"], result["reason"]) == (
        "cancelled",
        "hopeless",
        "stopped at 50 %",
    )
    assert process.stopped_with == [GRACE_S]
    assert [event["kind"] for event in report.events] == ["intermediate"]


def test_what_a_stopped_run_measured_is_kept(run_dir):
    report = FakeReport()

    class Graceful(FakeProcess):
        def stop(self, grace_s):
            super().stop(grace_s)
            run_dir.write_result(
                {"status": "cancelled", "reason": "asked", "timings": {"load": 1}}
            )

    process = Graceful([stopping(run_dir, report), *[idle] * 100], status=None)
    result = execute(run_dir, process, report)
    assert (result["cause"], result["timings"]) == ("hopeless", {"load": 1})


def test_a_run_that_ended_before_it_could_be_stopped_is_done(run_dir):
    report = FakeReport()

    def last():
        stopping(run_dir, report)()
        run_dir.write_result({"status": "done", "score": 0.8})

    assert execute(run_dir, FakeProcess([last]), report)["status"] == "done"
