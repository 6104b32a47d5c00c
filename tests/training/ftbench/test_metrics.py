"""What answers score, by metrics that are no plain comparison."""

import json

import pytest

from training import extensions
from training.ftbench import molecules
from training.ftbench.averages import wilson


def metric(name: str):
    return extensions.load(extensions.METRICS, name)


def scored(name: str, answer: str, gold: object) -> float:
    return metric(name).score([answer], [gold if isinstance(gold, str) else json.dumps(gold)])


ETHANOL = {"subtask": "AtomNum", "counts": {"carbon": 2, "oxygen": 1, "nitrogen": 0}}
HYDROXYL = {"subtask": "AddComponent", "molecule": "CCN", "added": "hydroxyl"}
SWAP = {"subtask": "SubComponent", "molecule": "CCCl", "removed": "halo", "added": "nitrile"}
SMALLER = {"subtask": "MR", "molecule": "CCCC", "property": "MR", "increase": False}


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (ETHANOL, "OCC", 1.0),
        (ETHANOL, "CCON", 0.0),
        (ETHANOL, "C(C", 0.0),
        ({"subtask": "BondNum", "counts": {"triple": 1}}, "CC#C", 1.0),
        ({"subtask": "BondNum", "counts": {"rotatable": 1}}, "CCC", 0.0),
        ({"subtask": "FunctionalGroup", "counts": {"benzene ring": 1}}, "Cc1ccccc1", 1.0),
        (HYDROXYL, "OCCN", 1.0),
        (HYDROXYL, "OCC(O)N", 0.0),
        (SWAP, "CCC#N", 1.0),
        (SWAP, "N#CCCCl", 0.0),
        (SMALLER, "CCC", 1.0),
        (SMALLER, "CCCC", 0.0),
    ],
)
def test_a_molecule_succeeds_when_it_is_what_was_asked_for(
    gold: dict[str, object], answer: str, expected: float
) -> None:
    assert scored("tomg", answer, gold) == expected


def test_validity_counts_all_answers_and_similarity_those_that_changed_a_molecule() -> None:
    golds = [json.dumps(gold) for gold in (ETHANOL, HYDROXYL, HYDROXYL, SMALLER)]

    found = metric("tomg").measures(["CCO", "CCN", "no", None], golds)

    assert found == {"validity": 0.5, "similarity": 1.0}


def test_a_molecule_is_the_same_however_it_is_written() -> None:
    assert molecules.canonical("OCC") == molecules.canonical("C(O)C")
    assert molecules.canonical("no molecule") == "no molecule"


def step(kind: str, smiles: str, weight: float) -> dict[str, object]:
    return {"type": kind, "intermediate_smiles": smiles, "step_weight": weight}


MECHANISM = [
    step("proton_transfer", "CC=[OH+]", 0.25),
    step("addition", "CC(O)[OH2+]", 0.5),
    step("proton_transfer", "CC(O)O", 0.25),
]


def test_a_mechanism_scores_the_weight_of_its_right_steps_in_order() -> None:
    assert scored("omes", json.dumps(MECHANISM), MECHANISM) == 1.0
    assert scored("omes", json.dumps(MECHANISM[1:]), MECHANISM) == 0.75
    assert scored("omes", json.dumps(MECHANISM[::-1]), MECHANISM) == 0.5
    assert scored("omes", "[1, {}]", MECHANISM) == 0.0
    assert scored("omes", "no JSON", MECHANISM) == 0.0


def test_a_similar_intermediate_counts_as_much_as_it_is_alike() -> None:
    gold = [step("addition", "CCCCCC(=O)OC", 1.0)]
    near, far = (
        json.dumps([step("addition", smiles, 1.0)]) for smiles in ("CCCCC(=O)OC", "c1ccccc1")
    )

    assert 0.6 <= scored("omes", near, gold) < 1.0
    assert scored("omes", far, gold) == 0.0
    assert metric("omes").measures([near], [json.dumps(gold)]) == {
        "validity": 1.0,
        "step_types": 1.0,
        "s_total": 0.0,
    }


def test_macro_f1_weighs_rare_labels_like_frequent_ones() -> None:
    golds = ["a", "a", "a", "a; b", "none"]

    # F1 of a is 1, that of b is 0.
    assert metric("macro_f1").score(["a", "a", "a", "a", "none"], golds) == 0.5
    assert metric("macro_f1").rows(["a", "b", None, "b; a", "none"], golds) == [1, 0, 0, 1, 1]


def test_right_refusals_alone_score_one_by_macro_f1() -> None:
    assert metric("macro_f1").score(["none", None], ["none", "none"]) == 0.5


@pytest.mark.parametrize(("answer", "expected"), [("B,A,D,C", 1.0), ("A, B, D, C", 0.0)])
def test_an_order_is_right_as_a_whole(answer: str, expected: float) -> None:
    assert scored("exact_order", answer, "B, A, D, C") == expected


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        ("A", "A", 1.0),
        ("不是A，而是C。", "C", 1.0),
        ("不是A，而是C。", "A", 0.0),
        ("没有", "A", 0.0),
        ("有甲公司和乙银行", '["甲公司", "乙银行"]', 1.0),
        ("有甲公司", '["甲公司", "乙银行"]', 0.0),
    ],
)
def test_the_last_letter_counts_or_every_entity(answer: str, gold: str, expected: float) -> None:
    assert scored("choice_or_entities", answer, gold) == expected


CALL = {"name": "OCR", "arguments": {"image": "a.png", "limit": 3}}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CALL, 1.0),
        ({"name": "OCR", "arguments": {"limit": "3", "image": " A.png"}}, 1.0),
        ({"name": "OCR", "arguments": {"image": "a.png"}}, 0.5),
        ({"name": "Plot", "arguments": CALL["arguments"]}, 0.0),
        ([], 0.0),
    ],
)
def test_a_call_scores_half_for_its_tool_and_half_for_its_arguments(
    answer: object, expected: float
) -> None:
    assert scored("tool_calls", json.dumps(answer), CALL) == expected


def test_an_interval_is_never_wider_than_the_range_nor_without_its_score() -> None:
    assert wilson(1.0, 40)[1] == 1.0
    assert wilson(0.0, 40)[0] == 0.0
    assert wilson(1 / 3, 1e9) == pytest.approx((1 / 3, 1 / 3), abs=1e-4)
