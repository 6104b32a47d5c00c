"""The tree in the terminal."""

from trex_web import text_tree


def node(number, parent, **fields):
    known = {
        "score": None,
        "label": "lora",
        "state": "done",
        "pinned": False,
        "pruned": False,
        "failure": "",
    }
    return known | {"id": number, "parent": parent} | fields


def test_children_stand_below_their_parent_in_order_of_creation():
    nodes = [
        node(0, None, score=0.4),
        node(1, 0, score=0.5),
        node(2, 0, state="running"),
        node(3, 1, score=0.75),
    ]
    assert list(text_tree.lines(nodes, best=3)) == [
        "● 0  0.400  lora",
        "├─ ● 1  0.500  lora",
        "│  └─ ● 3  0.750  lora  (best)",
        "└─ ▸ 2  lora",
    ]


def test_marks_and_the_first_line_of_a_failure_are_said():
    nodes = [
        node(0, None, pinned=True),
        node(1, 0, state="failed", failure="NaN loss\nat step 3", pruned=True),
    ]
    assert list(text_tree.lines(nodes)) == [
        "● 0  lora  (pinned)",
        "└─ ✗ 1  lora  (pruned, NaN loss)",
    ]


def test_ten_thousand_levels_are_no_problem():
    nodes = [node(0, None)] + [node(number, number - 1) for number in range(1, 10_000)]
    assert sum(1 for _ in text_tree.lines(nodes)) == 10_000
