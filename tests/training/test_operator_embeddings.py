"""Embeddings: what they are, that they are kept, and what they are good for."""

import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest

from tests.training.experiments import CLEAN, SHORT, spec
from tests.training.test_operators import apply, around, make, row, texts
from training.data import models, similarity
from training.data.vectors import Vectors
from training.errors import RecipeError
from training.evaluate import embeddings
from training.fingerprint import identity
from training.operators.embed import Embed
from training.oracle import LocalOracle
from training.recipe import Step

TEXTS = ["a warm film", "a dull film that never ends", "", "so"]


@pytest.fixture(scope="module")
def tiny() -> tuple[Any, Any]:
    from training.loading import load

    return load(models.resolve("trex-tiny"), None)


def test_a_vector_is_the_mean_of_the_last_states_of_a_text_alone(tiny: Any) -> None:
    import torch

    model, tokenizer = tiny
    found = embeddings.embed(TEXTS, model=model, tokenizer=tokenizer)

    for place in (0, 1, 3):
        ids = tokenizer(TEXTS[place], add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            states = model(ids, output_hidden_states=True).hidden_states[-1][0].mean(0)
        alone = (states / states.norm()).numpy()
        assert numpy.allclose(found[place], alone, atol=1e-5)
    assert found.dtype == numpy.float32
    assert not found[2].any()


def test_embed_gives_every_row_a_vector_of_length_one() -> None:
    operator = make("embed")

    rows = list(operator.apply([row("a warm film"), row("a dull film")]))

    assert [numpy.linalg.norm(each["embedding"]) for each in rows] == pytest.approx(
        [1, 1], abs=1e-5
    )
    assert operator.note == f"{len(rows[0]['embedding'])} dimensions by the base model"


def test_a_rewritten_text_loses_its_vector() -> None:
    (old,) = apply("embed", [row("A   film")])

    (new,) = apply("clean", [old])

    assert "embedding" in old
    assert "embedding" not in new


class Counting:
    """Embeds by counting letters, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, new: Sequence[str]) -> Any:
        self.asked.append(list(new))
        return numpy.array([[len(text), 1] for text in new], dtype=numpy.float32)


def test_a_known_text_is_not_embedded_again_and_no_text_twice(tmp_path: Path) -> None:
    count = Counting()

    first = Vectors(tmp_path, "space").all(["a", "bb", "a"], count)
    second = Vectors(tmp_path, "space").all(["bb", "ccc"], count)
    Vectors(tmp_path, "other").all(["a"], count)

    assert first.tolist() == [[1, 1], [2, 1], [1, 1]]
    assert second.tolist() == [[2, 1], [3, 1]]
    assert count.asked == [["a", "bb"], ["ccc"], ["a"]]


@pytest.mark.parametrize("damage", ["vector", "file"])
def test_damaged_vectors_are_computed_again_and_mended(damage: str, tmp_path: Path) -> None:
    count, known = Counting(), Vectors(tmp_path, "space")
    known.all(["a"], count)
    path = tmp_path / "space.sqlite"
    if damage == "file":
        path.write_bytes(b"no database " * 1_000)
    else:
        with sqlite3.connect(path) as database:
            database.execute("UPDATE vectors SET vector = ?", [b"\0" * 8])

    again = known.all(["a"], count)

    assert again.tolist() == [[1, 1]]
    assert len(count.asked) == 2
    known.all(["a"], count)
    assert len(count.asked) == 2


def test_a_disk_that_refuses_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    count = Counting()

    found = [Vectors(each, "space").all(["a"], count) for each in (tmp_path / "file", None)]

    assert [each.tolist() for each in found] == [[[1, 1]]] * 2


def test_the_oracle_keeps_vectors_in_the_runs_cache(tmp_path: Path) -> None:
    base = models.resolve("trex-tiny")
    for _ in range(2):
        oracle = LocalOracle(spec(cache=str(tmp_path)), base, lambda *_, **__: None)
        found = oracle.embeddings(["a film"], model=None, field="x")

    assert oracle._loaded is None
    assert found.shape[0] == 1


def test_rows_that_mean_the_same_as_an_earlier_one_are_dropped_and_shown() -> None:
    rows = [row("a"), row("b"), row("c"), row("d")]
    vectors = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.96, 0.28]]
    rows = [{**each, "embedding": vector} for each, vector in zip(rows, vectors, strict=True)]
    operator = make("dedupe_semantic", threshold=0.8)

    kept = list(operator.apply(rows))

    # c is close to b, d to a; b is not close to a.
    assert texts(kept) == ["a", "b"]
    assert operator.drops.samples() == ["means the same: c", "means the same: d"]
    assert operator.note.endswith("; embeddings of the rows")


def test_a_row_close_only_to_one_that_was_dropped_stays() -> None:
    angles = numpy.deg2rad([0, 30, 60])
    vectors = numpy.stack([numpy.cos(angles), numpy.sin(angles)], axis=1).astype("float32")

    assert similarity.kept(vectors, 0.8) == [True, False, True]


def test_blocks_find_what_comparing_all_pairs_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "BLOCK_ROWS", 7)
    draw = numpy.random.default_rng(0)
    vectors = draw.normal(size=(100, 3)).astype("float32")
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)

    wanted: list[int] = []
    for place in range(100):
        if all(vectors[place] @ vectors[other] < 0.9 for other in wanted):
            wanted.append(place)

    found = similarity.kept(vectors, 0.9)
    assert [place for place, stays in enumerate(found) if stays] == wanted
    assert 3 < len(wanted) < 97


def test_equal_texts_are_found_without_any_embedding_at_hand() -> None:
    rows = [row("a warm film", 0), row("nothing works in this story"), row("a warm film", 1)]

    assert apply("dedupe_semantic", rows, threshold=1.0) == rows[:2]


@pytest.mark.parametrize("missing", [True, False])
def test_another_model_is_asked_for_by_its_extra_or_its_folder(
    missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    model, told = (
        ("trex-tiny", r"pip install 'trex-explorer\[embeddings\]'")
        if missing
        else ("no-such-model", "is no bundled model, no folder with a config.json")
    )

    with pytest.raises(RecipeError, match=rf"data\.0\.x\.model='{model}' .*{told}"):
        apply("embed", [row("a film")], model=model)


class Sentences:
    """Stands for sentence-transformers' class, which is not installed here."""

    def __init__(self, folder: str, **options: Any) -> None:
        assert options["trust_remote_code"] is False
        assert options["model_kwargs"] == {"use_safetensors": True}
        self._folder = folder

    def encode(self, sentences: list[str], **options: Any) -> Any:
        assert options["normalize_embeddings"]
        return numpy.ones((len(sentences), 1))


def test_a_named_model_embeds_where_its_weights_are_safetensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library: Any = ModuleType("sentence_transformers")
    library.SentenceTransformer = Sentences
    # The library is an extra that this environment may lack.
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    (tmp_path / "config.json").write_text("{}", "utf-8")
    operator = Embed(Embed.Params(model=str(tmp_path)), replace(around(), oracle=_fresh()))

    assert [each["embedding"] for each in operator.apply([row("a film")])] == [[1.0]]
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(RecipeError, match=r"pytorch_model\.bin, which is no safetensors file"):
        list(operator.apply([row("a film")]))


def _fresh() -> LocalOracle:
    return LocalOracle(spec(), models.resolve("trex-tiny"), lambda *_, **__: None)


def test_an_experiment_is_what_the_named_model_is_and_not_its_folder(tmp_path: Path) -> None:
    (tmp_path / "1_Dense").mkdir()
    (tmp_path / "config.json").write_text("{}", "utf-8")
    embed = Step(use="embed", params={"model": str(tmp_path)})
    found = []
    for weights in (b"one", b"two", b"one"):
        (tmp_path / "1_Dense" / "model.safetensors").write_bytes(weights)
        found.append(identity(spec(SHORT, data=(CLEAN, embed))))

    assert found[0] == found[2] != found[1]
