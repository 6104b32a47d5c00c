"""A person watches a real search in a real browser, steers it, and finds it again after a reload."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PICTURES
from tests.serving import Trex

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MINUTES = 60_000


def rows(page: Page):
    return page.locator("#outline [data-node]")


def row(page: Page, node: int):
    return page.locator(f'#outline [data-node="{node}"]')


def open_explorer(page: Page, trex: Trex, query: str = "") -> None:
    page.goto(trex.project_url + query)
    expect(page.locator("#connection")).to_have_text(re.compile("Live"), timeout=20_000)


def select(page: Page, node: int) -> None:
    page.get_by_role("button", name="Outline").click()
    row(page, node).click()
    expect(page.locator(f'.panel[data-node="{node}"]')).to_be_visible()


def shown_tree(page: Page) -> list[tuple[str, str, str]]:
    """Of each row of the outline: node, depth, pruned."""
    return page.eval_on_selector_all(
        "#outline [data-node]",
        "rows => rows.map(row => [row.dataset.node, row.getAttribute('aria-level'), row.dataset.pruned])",
    )


def test_nodes_arrive_over_the_socket_without_a_reload(page: Page, trex: Trex):
    open_explorer(page, trex)
    page.evaluate("window.neverReloaded = true")
    expect(row(page, 3)).to_be_attached(timeout=3 * MINUTES)
    expect(page.locator('#outline [data-state="done"]')).to_have_count(3, timeout=3 * MINUTES)
    expect(page.locator("#reasoning")).to_contain_text("node 0")
    assert page.evaluate("window.neverReloaded")
    page.screenshot(path=PICTURES / "explorer-live.png")


def test_the_panel_tells_what_the_node_tried_and_how_training_went(page: Page, trex: Trex):
    open_explorer(page, trex, "?node=1")
    panel = page.locator('.panel[data-node="1"]')
    expect(panel).to_contain_text("Hypothesis")
    expect(panel).to_contain_text("95 % interval", timeout=3 * MINUTES)
    expect(panel).to_contain_text("data.load")
    expect(panel.locator(".u-over")).to_be_visible()
    stages = panel.locator('[data-part="timeline"]')
    for stage in ("prepare", "load", "train", "evaluate"):
        expect(stages).to_contain_text(stage)
    page.screenshot(path=PICTURES / "explorer-panel.png")


def test_a_pruned_branch_is_never_expanded_again(page: Page, trex: Trex):
    open_explorer(page, trex)
    select(page, 2)
    page.get_by_role("button", name="Prune…").click()
    page.get_by_label("Reason").fill("the noisy branch")
    page.locator('#prune-dialog [data-act="prune"]').click()
    expect(row(page, 2)).to_have_attribute("data-pruned", "true", timeout=10_000)
    expect(page.locator("#feed")).to_contain_text("the noisy branch")
    expect(page.locator("#project-state")).to_have_text("finished", timeout=6 * MINUTES)
    events = trex.events()
    pruned = next(
        event["seq"]
        for event in events
        if event["kind"] == "steering" and event["data"]["act"] == "prune"
    )
    parents = {
        event["node"]: event["data"]["parent"]
        for event in events
        if event["kind"] == "node.created"
    }
    later = [
        event["node"]
        for event in events
        if event["kind"] == "node.created" and event["seq"] > pruned
    ]
    assert later
    assert not [node for node in later if 2 in _ancestors(node, parents)]


def _ancestors(node, parents):
    while parents[node] is not None:
        node = parents[node]
        yield node


def test_a_forced_expansion_shows_its_child_and_follows_the_instruction(page: Page, trex: Trex):
    open_explorer(page, trex)
    expect(page.locator("#project-state")).to_have_text("finished", timeout=6 * MINUTES)
    before = rows(page).count()
    select(page, 1)
    page.get_by_role("button", name="Expand…").click()
    page.get_by_label("Instruction").fill("max_steps=20")
    page.locator('#expand-dialog [data-act="expand"]').click()
    expect(rows(page)).to_have_count(before + 1, timeout=20_000)
    child = trex.nodes()[before]
    assert child["parent"] == 1
    expect(row(page, before)).to_have_attribute("data-state", "done", timeout=3 * MINUTES)
    recipe = page.request.get(
        f"{trex.project_url}nodes/{before}/", headers={"HX-Request": "true"}
    ).text()
    assert "&quot;max_steps&quot;: 20" in recipe


def test_a_finished_trial_is_exported_and_downloaded(page: Page, trex: Trex, tmp_path: Path):
    open_explorer(page, trex, "?node=1")
    panel = page.locator('.panel[data-node="1"]')
    expect(panel).to_contain_text("95 % interval", timeout=3 * MINUTES)
    panel.get_by_role("button", name="Export").click()
    link = panel.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=2 * MINUTES)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "sentiment-demo-node-1.zip"
    download.value.save_as(tmp_path / "trial.zip")
    with zipfile.ZipFile(tmp_path / "trial.zip") as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {"train.py", "manifest.json", "README.md", "data/train.jsonl"} <= names


def test_a_reload_finds_the_same_tree_and_the_same_selection(page: Page, trex: Trex):
    open_explorer(page, trex, "?node=2")
    expect(page.locator("#project-state")).to_have_text("finished", timeout=6 * MINUTES)
    before = shown_tree(page)
    page.reload()
    expect(page.locator("#connection")).to_have_text(re.compile("Live"), timeout=20_000)
    expect(rows(page)).to_have_count(len(before))
    assert shown_tree(page) == before
    expect(page.locator('.panel[data-node="2"]')).to_be_visible()
    assert len(before) == len(trex.nodes())


def test_a_pruned_branch_can_be_restored_and_a_node_pinned(page: Page, trex: Trex):
    open_explorer(page, trex)
    select(page, 2)
    page.locator('[data-act="restore"]').click()
    expect(row(page, 2)).to_have_attribute("data-pruned", "false", timeout=10_000)
    page.locator('[data-act="pin"]').click()
    expect(row(page, 2)).to_have_attribute("data-pinned", "true", timeout=10_000)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "Sentiment demo", "name='Sentiment demo' is taken by another project"),
        ("base_model", "/nowhere/model", "base_model='/nowhere/model'"),
        ("node_budget", "0", "node_budget=0 is not in 1..100000"),
    ],
)
def test_a_bad_project_gets_a_message_at_its_field_and_nothing_is_made(
    page: Page, trex: Trex, field: str, value: str, message: str
):
    page.goto(f"{trex.url}/projects/new/")
    page.locator("[name=name]").fill("Another")
    page.locator(f"[name={field}]").fill(value)
    page.locator("main form [type=submit]").click()
    box = page.locator(f"[name={field}]")
    described = box.get_attribute("aria-describedby") or ""
    texts = [page.locator(f"#{identity}").text_content() or "" for identity in described.split()]
    assert any(message in text for text in texts), texts
    expect(box).to_have_value(value)
    page.goto(trex.url)
    expect(page.locator("main")).not_to_contain_text("Another")
    expect(page.locator("main")).to_contain_text("Sentiment demo")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_are_photographed_in_both_themes(page: Page, trex: Trex, theme: str):
    page.emulate_media(color_scheme=theme)
    for name, path in {
        "projects": "/",
        "new": "/projects/new/",
        "explorer": "/projects/1/?node=1",
    }.items():
        page.goto(trex.url + path)
        expect(page.locator("main")).to_be_visible()
        page.wait_for_load_state("networkidle") if name != "explorer" else page.locator(
            ".panel"
        ).wait_for()
        page.screenshot(path=PICTURES / f"{name}-{theme}.png")
