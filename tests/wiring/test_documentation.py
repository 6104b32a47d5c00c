"""What the documentation promises is there, and what is there is documented."""

import re

import pytest

from tests.serving import ROOT
from trex_web import reference

README = (ROOT / "README.md").read_text()


def test_the_reference_of_extensions_is_up_to_date():
    assert reference.PAGE.read_text() == reference.page(), "run python -m trex_web.reference"


def test_every_environment_variable_of_the_settings_is_in_the_readme():
    settings = (ROOT / "trex_web" / "settings.py").read_text()
    names = set(
        re.findall(r'(?:environ(?:\.get\(|\[)|_number\(|_choice\()\s*"(\w+)"', settings)
    ) - {"TREX_TEST_DATABASE"}
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_every_option_of_the_demo_is_in_the_readme():
    cli = (ROOT / "trex_web" / "cli.py").read_text()
    assert [
        option for option in re.findall(r'"(--[\w-]+)"', cli) if f"`{option}`" not in README
    ] == []


def test_every_kind_of_event_that_is_written_is_documented():
    documented = set(
        re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs" / "events.md").read_text(), re.MULTILINE)
    )
    sources = "\n".join(path.read_text() for path in (ROOT / "explorer").rglob("*.py"))
    written = set(re.findall(r'(?:log|self)\.add\(\s*"([\w.]+)"', sources))
    assert written
    assert written <= documented


def test_the_readme_has_exactly_two_set_up_commands_and_make_knows_them():
    blocks = re.findall(r"```sh\n(.*?)```", README.split("## What you see")[0], re.DOTALL)
    assert [block.strip() for block in blocks] == ["make demo", "make test"]
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"install", "demo", "test", "check", "bench"} <= targets


@pytest.mark.parametrize("page", ["README.md"])
def test_links_to_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_vendored_files_are_what_their_list_says():
    import hashlib

    listed = re.findall(
        r"^(\S+)\s.*\b([0-9a-f]{64})\b",
        (ROOT / "static/vendor/VERSIONS").read_text(),
        re.MULTILINE,
    )
    assert listed
    for name, digest in listed:
        assert hashlib.sha256((ROOT / "static/vendor" / name).read_bytes()).hexdigest() == digest
