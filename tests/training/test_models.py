"""Base models are found on this machine, or the message says what would be right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.data import models
from training.errors import ModelNotFound

HEAVY = {"torch", "transformers", "datasets", "trl", "peft", "numpy"}


def test_the_bundled_model_is_found_by_its_name() -> None:
    assert models.resolve("trex-tiny") == (models.BUNDLED / "trex-tiny").resolve()


def test_a_folder_with_a_model_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")

    assert models.resolve(str(tmp_path)) == tmp_path.resolve()


def test_a_hub_id_is_found_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "models--owner--name"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    (repository / "snapshots" / "abc" / "config.json").write_text("{}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    assert models.resolve("owner/name") == repository / "snapshots" / "abc"


@pytest.mark.parametrize(
    "value", ["", " ", "nobody/nothing", "no-such-model", ".", "..", "../ftbench"]
)
def test_what_is_no_model_is_refused_with_its_value(value: str) -> None:
    with pytest.raises(ModelNotFound) as refused:
        models.resolve(value)

    assert repr(value) in str(refused.value)
    assert "trex-tiny" in str(refused.value)


def test_the_content_hash_changes_with_a_byte(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = models.content_hash(tmp_path)

    (tmp_path / "config.json").write_text("{ }")

    assert models.content_hash(tmp_path) != before


def test_the_bundled_model_is_small() -> None:
    size_bytes = (models.BUNDLED / "trex-tiny" / "model.safetensors").stat().st_size

    assert size_bytes <= 8_000_000


def test_what_a_web_form_asks_loads_no_heavy_library() -> None:
    program = """
import json, sys
from training import extensions, recipe, rundir, events
from training.data import models
models.resolve("trex-tiny")
for package in (extensions.OPERATORS, extensions.METHODS, extensions.TASKS, extensions.METRICS):
    for name in extensions.names(package):
        extensions.schema(package, name)
extensions.load(extensions.TASKS, "sst2").facts()
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, timeout=60
    )

    assert not HEAVY & set(json.loads(ended.stdout))
