"""What the operators that clean, judge, draw and reshape rows promise."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.test_operators import SEALED, apply, around, make, row, texts
from training import extensions
from training.data import models
from training.errors import RecipeError
from training.operators.convert import Convert


def of(name: str, count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {**row(f"{name} film {place}", place % 2), "source": name, **more}
        for place in range(count)
    ]


@pytest.mark.parametrize(
    ("to", "columns"),
    [
        ("text", {"text": "a film"}),
        ("prompt_completion", {"completion": "positive", "prompt": "…"}),
        ("preference", {"completion": "positive", "rejected": "negative"}),
        ("prompt", {"prompt": "…"}),
        ("messages", {"messages": "…"}),
    ],
)
def test_convert_gives_the_columns_that_trl_names(to: str, columns: dict[str, str]) -> None:
    (found,) = apply("convert", [row("a film", 1)], to=to)

    assert found.keys() == {"sentence", "label", *columns}
    assert all(found[key] == value for key, value in columns.items() if value != "…")


def test_convert_makes_an_answer_to_give_and_one_to_avoid() -> None:
    rows = apply("convert", [row("a film", 1)], to="unpaired_preference")

    assert [(each["completion"], each["desirable"]) for each in rows] == [
        ("positive", True),
        ("negative", False),
    ]


def test_convert_keeps_the_worse_answer_that_a_file_brought() -> None:
    (found,) = apply("convert", [{**row("a film"), "rejected": "no idea"}], to="preference")

    assert found["rejected"] == "no idea"


def test_preferences_without_any_worse_answer_are_refused() -> None:
    class Silent(extensions.load(extensions.TASKS, "sst2")):  # type: ignore[misc]
        @staticmethod
        def alternatives(row: Any) -> list[str]:
            return []

    operator = Convert(Convert.Params(to="preference"), replace(around(), task=Silent))

    with pytest.raises(RecipeError, match=r"x\.to='preference' needs a worse answer for 'a film'"):
        list(operator.apply([row("a film")]))


def test_clean_takes_out_tags_entities_control_characters_and_spaces() -> None:
    raw = " <p>A&nbsp;fine&amp;odd\x07 film,<script>x()</script> cafe\u0301\u200b  2 < 3 </p>"

    assert texts(apply("clean", [row(raw), row("<br/>"), row("left alone .")])) == [
        "A fine&odd film, caf\u00e9 2 < 3",
        "left alone .",
    ]


@pytest.mark.parametrize(("use", "options"), [("clean", {}), ("augment", {"word_swap": 1.0})])
def test_rewriting_a_leaked_row_does_not_get_it_past_the_guard(
    use: str, options: dict[str, Any]
) -> None:
    rows = apply(use, [row(f"<b>{SEALED[0]}</b>" if use == "clean" else SEALED[0])], **options)

    assert rows
    assert apply("decontaminate", rows) == []


def test_filter_regex_drops_or_keeps_matches_and_refuses_a_bad_pattern() -> None:
    rows = [row("see http://x.org"), row("a film")]

    assert texts(apply("filter_regex", rows)) == ["a film"]
    assert texts(apply("filter_regex", rows, action="keep")) == ["see http://x.org"]
    with pytest.raises(RecipeError, match=r"pattern='\(' .*is no regular expression"):
        make("filter_regex", pattern="(")


def test_filter_labels_keeps_the_labels_as_the_task_names_them() -> None:
    assert apply("filter_labels", [row("a", 0), row("b", 1)], labels=["positive"]) == [row("b", 1)]


@pytest.mark.parametrize(
    ("script", "kept"),
    [("latin", "ein schöner film"), ("cyrillic", "хороший фильм"), ("japanese", "いい映画")],
)
def test_filter_script_tells_writing_systems_apart(script: str, kept: str) -> None:
    rows = [row(text) for text in ("ein schöner film", "хороший фильм", "いい映画", "123 !")]

    assert texts(apply("filter_script", rows, script=script)) == [kept]


def test_filter_length_counts_tokens_of_the_base_model() -> None:
    rows = [row("a film"), row("incomprehensibilities " * 20)]

    assert apply("filter_length", rows, unit="tokens", maximum=10) == rows[:1]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("...", "no_words"),
        ("a b c d e", "short_words"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "long_words"),
        ("# # # film @", "symbols"),
        ("good good good good good film", "repetition"),
        ("call 555123456", "digits"),
        ("THIS FILM IS THE VERY BEST", "capitals"),
    ],
)
def test_quality_names_the_rule_that_a_text_breaks(text: str, rule: str) -> None:
    operator = make("quality")

    assert list(operator.apply([row(text), row("a warm , funny film that earns its tears .")]))
    assert operator.drops.samples() == [f"{rule}: {text}"]


def test_quality_leaves_the_bundled_sources_alone() -> None:
    edition = extensions.load(extensions.TASKS, "sst2").edition("mini")

    assert len(apply("quality", list(edition.sources["clean"].rows))) == 300


def test_dedupe_minhash_finds_near_duplicates_and_leaves_the_rest() -> None:
    words = [f"word{place}" for place in range(60)]
    near = [*words[:-1], "changed"]
    rows = [row(" ".join(words)), row(" ".join(near)), row("another film"), row("Another film!")]

    assert apply("dedupe_minhash", rows) == [rows[0], rows[2]]


def test_stratify_keeps_the_proportions_of_groups() -> None:
    rows = [row(f"good {place}", 1) for place in range(40)] + [row("bad", 0)] * 10

    kept = apply("stratify", rows, share=0.5)

    assert Counter(each["label"] for each in kept) == {1: 20, 0: 5}


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, {"a": 80, "b": 20}),
        ({"temperature": 1000.0}, {"a": 20, "b": 20}),
        ({"weights": {"a": 0.0}}, {"b": 20}),
        ({"weights": {"b": 4.0}}, {"a": 20, "b": 20}),
        ({"weights": {"b": 4.0}, "total": 101}, {"a": 50, "b": 50}),
    ],
)
def test_mix_draws_sources_by_weight_and_temperature(
    options: dict[str, Any], sizes: dict[str, int]
) -> None:
    kept = apply("mix", of("a", 80) + of("b", 20), **options)

    found = Counter(each["source"] for each in kept)
    assert all(abs(found[name] - size) <= 1 for name, size in sizes.items())
    assert found.keys() == sizes.keys()
    assert len(kept) == options.get("total", sum(found.values()))


def test_curriculum_orders_by_the_loss_of_the_base_model() -> None:
    from training.evaluate.options import score_options
    from training.loading import load

    rows = [row(f"film {place}", place % 2) for place in range(6)]
    model, tokenizer = load(models.resolve("trex-tiny"), None)
    task = around().task
    scores = score_options(
        [task.prompt(each) for each in rows],
        [[task.target(each)] for each in rows],
        model=model,
        tokenizer=tokenizer,
    )
    tokens = [len(tokenizer(task.target(each))["input_ids"]) for each in rows]
    losses = [-score / count for (score,), count in zip(scores, tokens, strict=True)]

    operator = make("curriculum", by="loss")
    easy_first = list(operator.apply(rows))

    assert easy_first == [rows[at] for at in sorted(range(6), key=losses.__getitem__)]
    low, high = min(losses), max(losses)
    assert operator.note == f"easy first by loss ({low:.3g} to {high:.3g} nats a token)"
    assert losses != sorted(losses)


def test_curriculum_puts_rows_first_that_are_hard() -> None:
    rows = [row(f"film {place}", place % 2) for place in range(6)]

    hard, easy = (
        texts(apply("curriculum", rows, by="loss", order=f"{which}_first"))
        for which in ("hard", "easy")
    )

    assert hard == easy[::-1]


def test_an_order_of_lengths_is_none_of_losses() -> None:
    with pytest.raises(RecipeError, match="order='long_first' is for by='length'"):
        make("curriculum", by="loss", order="long_first")


def test_curriculum_orders_by_length() -> None:
    rows = [row("three words here"), row("one"), row("two words")]

    assert texts(apply("curriculum", rows)) == ["one", "two words", "three words here"]
    assert apply("curriculum", rows, order="long_first")[0] == rows[0]


def test_augment_adds_noisy_copies_that_keep_their_label() -> None:
    first, *copies = apply(
        "augment", [row("one two three four five six", 0)], copies=3, word_swap=0.5
    )

    assert first == row("one two three four five six", 0)
    assert copies
    assert all(each["label"] == 0 and each["sentence"] != first["sentence"] for each in copies)
    assert {each["origin"] for each in copies} == {first["sentence"]}


def test_export_writes_rows_and_a_manifest_of_hashes(tmp_path: Path) -> None:
    rows = of("a", 3)

    assert apply("export", rows, folder=tmp_path, name="mine") == rows

    body = (tmp_path / "data" / "mine.jsonl").read_bytes()
    manifest = json.loads((tmp_path / "data" / "mine.manifest.json").read_text("utf-8"))
    assert [json.loads(line) for line in body.splitlines()] == rows
    assert (manifest["sha256"], manifest["rows"]) == (hashlib.sha256(body).hexdigest(), 3)
    assert manifest["sources"] == ["a"]
