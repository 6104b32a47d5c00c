"""Rows become examples: a conversation as it stands, malformed ones refused with row, field and value."""

from typing import Any

import pytest

from tests.training.test_operators import SST2, apply, row
from training.errors import RecipeError
from training.examples import examples

USER = {"role": "user", "content": "Is it good?"}
ANSWER = {"role": "assistant", "content": "positive"}


def test_a_row_without_further_columns_is_what_the_task_makes_of_it() -> None:
    (made,) = examples(SST2, [row("a warm film", 1)])

    assert made.prompt == SST2.prompt(row("a warm film"))
    assert (made.completion, made.text, made.row) == (
        "positive",
        "a warm film",
        row("a warm film"),
    )


def test_the_last_assistant_turn_is_learned_and_what_stands_before_it_asks() -> None:
    system, first = {"role": "system", "content": "Be brief."}, {**ANSWER, "content": "Which?"}
    turns = [system, USER, first, USER, ANSWER, {"role": "user", "content": "Thanks."}]

    (made,) = examples(SST2, [{**row("a film", 0), "messages": turns}])

    assert (made.prompt, made.completion) == ([system, USER, first, USER], "positive")


def test_messages_that_convert_has_written_train_as_the_row_did() -> None:
    rows = [row("a warm film", 1), row("a dull film", 0)]

    converted = examples(SST2, apply("convert", rows, to="messages"))

    plain = examples(SST2, rows)
    assert [(each.prompt, each.completion) for each in converted] == [
        (each.prompt, each.completion) for each in plain
    ]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ("text", "row.2.messages='text' is not a list of messages"),
        ([USER], f"row.2.messages={[USER]!r} has no assistant turn to learn"),
        ([ANSWER], f"row.2.messages={[ANSWER]!r} has no turn before the assistant's"),
        (["hi"], "row.2.messages.0='hi' is not an object with role and content"),
        ([USER, {"role": "robot", "content": "x"}], "row.2.messages.1.role='robot' is not one of"),
        ([{"role": "user"}, ANSWER], "row.2.messages.0.content=None is not text"),
        ([USER, {**ANSWER, "content": " "}], "row.2.messages.1.content=' ' is empty"),
    ],
)
def test_a_malformed_conversation_is_refused_with_row_field_and_value(
    messages: Any, told: str
) -> None:
    with pytest.raises(RecipeError) as refused:
        examples(SST2, [row("fine"), {**row("broken"), "messages": messages}])

    assert str(refused.value).startswith(told)


def test_training_carries_no_embeddings_along() -> None:
    (made,) = examples(SST2, [{**row("a film"), "embedding": [0.6, 0.8]}])

    assert made.row == row("a film")
