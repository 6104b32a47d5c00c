"""Raw events become few, bounded, storable ones."""

import json

import pytest

from agents.executor.batch import MAX_LINES, MAX_TEXT_CHARS, batch, storable


def log(text, **fields):
    return {"t": 1.0, "kind": "log", "level": "info", "text": text} | fields


def lines(events):
    (event,) = batch(events)
    return event["data"]["lines"]


def test_points_lines_and_progress_are_merged_and_stages_stay_in_order():
    raw = [
        {"t": 1, "kind": "stage", "stage": "train", "status": "started"},
        {"t": 2, "kind": "metric", "step": 1, "values": {"loss": 2.0}},
        log("one"),
        {"t": 3, "kind": "progress", "stage": "train", "done": 1, "total": 9, "unit": "steps"},
        {"t": 4, "kind": "metric", "step": 2, "values": {"loss": 1.0}},
        {"t": 5, "kind": "progress", "stage": "train", "done": 2, "total": 9, "unit": "steps"},
        log("two"),
        {"t": 6, "kind": "stage", "stage": "train", "status": "finished", "seconds": 5.0},
    ]
    assert batch(raw) == [
        {"kind": "stage", "data": {"stage": "train", "status": "started"}},
        {
            "kind": "metric",
            "data": {
                "points": [
                    {"step": 1, "values": {"loss": 2.0}},
                    {"step": 2, "values": {"loss": 1.0}},
                ]
            },
        },
        {
            "kind": "log",
            "data": {
                "lines": [{"level": "info", "text": "one"}, {"level": "info", "text": "two"}]
            },
        },
        {"kind": "progress", "data": {"stage": "train", "done": 2, "total": 9, "unit": "steps"}},
        {"kind": "stage", "data": {"stage": "train", "status": "finished", "seconds": 5.0}},
    ]


def test_numbers_that_json_does_not_know_become_words():
    values = {"loss": float("nan"), "grad_norm": float("inf"), "low": [-float("inf")]}
    (event,) = batch([{"t": 1, "kind": "metric", "step": 1, "values": values}])
    assert event["data"]["points"][0]["values"] == {
        "loss": "NaN",
        "grad_norm": "Infinity",
        "low": ["-Infinity"],
    }


def test_a_long_line_is_cut():
    assert len(lines([log("x" * 50_000)])[0]["text"]) == MAX_TEXT_CHARS


def test_of_too_many_lines_the_last_stay_and_a_note_counts_the_rest():
    found = lines([log(str(number)) for number in range(10_000)])
    assert found[0] == {"level": "warning", "text": f"{10_000 - MAX_LINES} lines left out"}
    assert [found[1]["text"], found[-1]["text"], len(found)] == ["9500", "9999", MAX_LINES + 1]


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "bomb", "text": "tick"},
        {"kind": "metric", "values": 3},
        {"kind": "log"},
        {"kind": ["log"]},
    ],
)
def test_what_is_no_event_becomes_a_warning(event):
    (line,) = lines([event])
    assert line["level"] == "warning"
    assert line["text"].startswith("unreadable event")


def test_text_that_a_database_refuses_is_mended():
    mended = storable({"a\x00b": "nul \x00, surrogate \ud800"})
    json.dumps(mended).encode()
    assert mended == {"a\N{REPLACEMENT CHARACTER}b": "nul \N{REPLACEMENT CHARACTER}, surrogate ?"}


def test_an_unknown_level_is_info():
    assert lines([log("x", level="shout")])[0]["level"] == "info"
