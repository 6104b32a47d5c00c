"""What the generated editions with choices and labels promise beyond the contract of every mini edition."""

import re
from importlib import import_module
from random import Random
from typing import Any

import pytest

from training import extensions
from training.data.catalogue import Row
from training.data.decontamination import Guard
from training.ftbench.mini import cs_bench, flaws
from training.operators import Surroundings

TASKS = ("cs_bench", "hoc", "openfindata")
_FACT = re.compile(r"([+-]?)\d{5}元说明(升|降)$")


def task(name: str) -> Any:
    return extensions.load(extensions.TASKS, name)


def kept(name: str, source: str) -> list[Row]:
    """Rows of a source that the step `decontaminate` lets through."""
    edition = task(name).edition("mini")
    guard = Guard(task(name).text(row) for row in (*edition.validation, *edition.test))
    decontaminate = extensions.load(extensions.OPERATORS, "decontaminate")
    around: Any = Surroundings(
        edition, task(name), guard, 0, "data.0", None, None, asker=None, oracle=None
    )  # type: ignore[arg-type] - it asks nobody
    operator = decontaminate(decontaminate.Params(), around)
    return list(operator.apply(iter(edition.sources[source].rows)))


@pytest.mark.parametrize("name", TASKS)
class TestEveryEdition:
    def test_its_rows_have_the_schema_that_files_are_read_into(self, name: str) -> None:
        edition = task(name).edition("mini")
        rows = [row for source in edition.sources.values() for row in source.rows]

        for row in (*edition.validation, *edition.test, *rows):
            assert task(name).row(row) == row

    def test_is_the_same_whenever_it_is_made(self, name: str) -> None:
        made_again = import_module(f"training.ftbench.mini.{name}").edition.__wrapped__

        assert made_again(3) == task(name).mini(seed=3)

    def test_decontamination_drops_leaked_rows_and_hardly_any_other(self, name: str) -> None:
        edition = task(name).edition("mini")
        size = len(edition.sources["overlapping"].rows)

        assert 0.48 * size <= len(kept(name, "overlapping")) <= size / 2
        for source in ("clean", "noisy", "off_domain", "duplicated"):
            assert len(kept(name, source)) >= 0.96 * len(edition.sources[source].rows)

    def test_every_part_validates(self, name: str) -> None:
        edition = task(name).edition("mini")

        parts = {task(name).part(row) for row in edition.validation}

        assert parts == {task(name).part(row) for row in edition.sources["noisy"].rows}


def classes_of(terms: list[str]) -> list[str]:
    """The class of each term; empty for an everyday word."""
    classes = {term: name for name, known in cs_bench.COMPUTING.items() for term in known}
    return [classes.get(term, "") for term in terms]


def test_no_term_of_computing_has_two_classes() -> None:
    terms = [term for known in cs_bench.COMPUTING.values() for term in known]

    assert len(terms) == len(set(terms))


def test_the_right_choice_alone_is_what_the_question_asks_for() -> None:
    rows = [row for row in task("cs_bench").edition("mini").validation if "A" in row]

    assert len(rows) > 50
    for row in rows:
        asked = re.sub(r"\W", "", row["Question"].split()[-1])
        answers = [letter for letter in "ABCD" if classes_of([row[letter]]) == [asked]]
        if " no " in row["Question"]:
            answers = sorted({*"ABCD"}.difference(answers))
        assert answers == [row["Answer"]]


def test_an_assertion_is_true_when_all_its_terms_are_what_it_says() -> None:
    rows = [row for row in task("cs_bench").edition("mini").validation if "A" not in row]
    known = [term for terms in cs_bench.COMPUTING.values() for term in terms]

    assert len(rows) > 50
    for row in rows:
        words = re.compile("|".join(rf"\b{each}\b" for each in (*known, *cs_bench.EVERYDAY)))
        said = row["Question"]
        (asked,) = [name for name in cs_bench.COMPUTING if re.search(rf"\b{name}s?\b", said)]
        of_class = [name == asked for name in classes_of(words.findall(said))]
        assert len(of_class) in (2, 3)
        right = not any(of_class) if said.startswith("Neither") else all(of_class)
        assert row["Answer"] == str(right)


def test_a_finance_fact_is_judged_by_its_figures() -> None:
    rows = task("openfindata").edition("mini").validation
    facts = [row for row in rows if row["subtask"] == "financial_facts"]

    assert len(facts) > 10
    for row in facts:
        sign, said = _FACT.search(row["question"]).groups()  # type: ignore[union-attr] - else it fails
        right = {"+升": "A", "-降": "A", "-升": "B", "+降": "B"}
        assert row["answer"] == right.get(sign + said, "C")


def test_the_right_value_is_the_one_that_was_told() -> None:
    rows = task("openfindata").edition("mini").validation
    values = [row for row in rows if row["subtask"] == "value_extraction"]

    assert len(values) > 10
    for row in values:
        assert [letter for letter in "ABCD" if row[letter] in row["question"]] == [row["answer"]]


def test_less_of_a_burden_is_good_news() -> None:
    rows = task("openfindata").edition("mini").validation
    burdens = [row for row in rows if "成本-" in row["question"] or "债务-" in row["question"]]

    assert {row["answer"] for row in burdens} == {"A"}


def test_a_short_abstract_is_asked_about_without_the_list_of_hallmarks() -> None:
    row = task("hoc").edition("mini").validation[0]
    long = {**row, "text": row["text"] * 10}

    assert "resisting cell death" not in task("hoc").prompt(row)[0]["content"]
    assert "resisting cell death" in task("hoc").prompt(long)[0]["content"]


def test_wrong_answers_are_as_frequent_as_their_source_says() -> None:
    rows: list[Row] = [{"answer": "right"}] * 1_000

    spoiled = flaws.spoiled(
        rows, Random(0), share=0.3, wrong=lambda row, draw: {**row, "answer": "wrong"}
    )

    assert 250 < sum(row["answer"] == "wrong" for row in spoiled) < 350
