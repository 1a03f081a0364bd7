"""Everybody can use the page: axe-core finds nothing serious, in light and dark, on a desk and on a
phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from playground.workspace import Workspace
from tests.browser.conftest import Opens
from tests.browser.content import beside, furnish, open_form
from tests.browser.running import DESKTOP, PHONE

SERIOUS = {"serious", "critical"}


def faults(page: Page) -> list[str]:
    # Colours are judged as they stay, not in the middle of a change.
    page.emulate_media(reduced_motion="reduce")
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def as_it_is(page: Page, workspace: Workspace) -> None:
    del workspace
    expect(page.locator("#messages .message")).to_have_count(6)


def with_thread(page: Page, workspace: Workspace) -> None:
    del workspace
    page.get_by_role("button", name="1 reply").click()


def with_form(page: Page, workspace: Workspace) -> None:
    open_form(workspace)
    page.get_by_role("dialog", name="Deploy a service").get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Please complete this required field.").first).to_be_visible()


def with_confirm(page: Page, workspace: Workspace) -> None:
    del workspace
    page.get_by_role("button", name="Roll back").click()


def with_commands(page: Page, workspace: Workspace) -> None:
    del workspace
    page.get_by_role("combobox", name="Message").press_sequentially("/swarm s")
    page.keyboard.press("ArrowDown")


def with_menu(page: Page, workspace: Workspace) -> None:
    del workspace
    page.get_by_role("button", name="More", exact=True).click()


def at_home(page: Page, workspace: Workspace) -> None:
    page.goto(f"{workspace.url}/#/home")
    expect(page.get_by_role("heading", name="Swarm · healthy")).to_be_visible()


def with_drawers(page: Page, workspace: Workspace) -> None:
    del workspace
    narrow = page.get_by_role("button", name="Tour", exact=True)
    if narrow.is_visible():
        narrow.click()
    expect(page.locator(".node")).to_have_count(4)


LOOKS = (
    as_it_is,
    with_thread,
    with_form,
    with_confirm,
    with_commands,
    with_menu,
    at_home,
    with_drawers,
)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: str(look.__name__))
# Contrast depends on the scheme, and the order of things on the size: each is seen once.
@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing_serious(
    workspace: Workspace,
    opens: Opens,
    scheme: str,
    size: dict[str, int],
    look: Callable[[Page, Workspace], None],
) -> None:
    furnish(workspace)
    beside(workspace.served)  # type: ignore[attr-defined]
    page = opens(workspace.page_url, size, scheme)
    look(page, workspace)
    assert faults(page) == []


def test_a_screen_reader_hears_what_is_new(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url)
    furnish(workspace)
    expect(page.locator("[aria-live=polite]")).to_contain_text("swarmbot: 🟡 web needs approval")


def test_the_theme_can_be_switched_and_stays(workspace: Workspace, opens: Opens) -> None:
    page = opens(workspace.page_url, scheme="dark")
    page.get_by_role("button", name=re.compile("light and dark")).click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
