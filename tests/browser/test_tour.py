"""The whole demo, played as a person would: type, click, confirm, submit, and see the message
change and the dots move."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from playground.cluster import Cluster
from tests.browser.conftest import DEMO_NUMBER, Opens
from tests.browser.running import SLOW, Demo, Tourist, newest, send
from tests.browser.test_access import faults


@pytest.mark.timeout(420)
def test_the_six_steps_of_the_tour(demos: Callable[..., Demo], opens: Opens) -> None:
    demo = demos()
    assert demo.took < 60
    page = opens(demo.url)
    tourist = Tourist(page)
    expect(tourist.page.locator(".node")).to_have_count(4)
    expect(tourist.dots("web", "v1")).to_have_count(4)
    expect(page.locator("#bot-state")).to_have_text("swarmbot is connected")
    for step in (looks, deploys, breaks, scales, pulls_the_plug, locks_and_unlocks):
        step(tourist, page)
    expect(page.locator("#tour-count")).to_have_text("all done")
    assert faults(page) == []
    is_offered_the_services_of_the_swarm(tourist, page)
    assert demo.end() == 0
    assert not Cluster(DEMO_NUMBER).root.exists()
    expect(page.locator("#bot-state")).to_have_text("demo is away")


def looks(tourist: Tourist, page: Page) -> None:
    tourist.does("status", "Send")
    expect(newest(page, "Swarm is healthy")).to_contain_text("Only visible to you")
    tourist.has_done("status")


def deploys(tourist: Tourist, page: Page) -> None:
    # As a person who copies the line into the composer, looks at it, and sends it with Enter.
    tourist.does("deploy", "Edit first")
    expect(page.get_by_role("combobox", name="Message")).to_be_focused()
    page.keyboard.press("Enter")
    expect(newest(page, re.compile("web → .*web:v2"))).to_contain_text("🔵")
    expect(tourist.dots("web", "v2").first).to_be_visible(timeout=SLOW)
    expect(newest(page, re.compile("web is on .*web:v2"))).to_contain_text("(edited)", timeout=SLOW)
    expect(tourist.dots("web", "v2")).to_have_count(4, timeout=SLOW)
    expect(tourist.dots("web", "v1")).to_have_count(0)
    tourist.has_done("deploy")


def breaks(tourist: Tourist, page: Page) -> None:
    tourist.does("break", "Send")
    expect(tourist.dots("api", "broken", "failed").first).to_be_visible(timeout=SLOW)
    expect(newest(page, "api rolled back to v1")).to_contain_text("exit code 3", timeout=SLOW)
    tourist.has_done("break")


def scales(tourist: Tourist, page: Page) -> None:
    tourist.does("scale", "Send")
    expect(newest(page, "needs approval")).to_contain_text("web 4 → 8")
    tourist.does("scale", "Act as Lee")
    page.wait_for_selector("body[data-ready=lead]")
    newest(page, "needs approval").get_by_role("button", name="Approve").click()
    expect(tourist.dots("web", "v2")).to_have_count(8, timeout=SLOW)
    tourist.has_done("scale")


def pulls_the_plug(tourist: Tourist, page: Page) -> None:
    tourist.does("plug", "Stop node4")
    expect(tourist.node("node4")).to_contain_text("Off · Down", timeout=SLOW)
    tourist.does("plug", "Open #alerts")
    expect(newest(page, "node4 is Down")).to_be_visible(timeout=SLOW)
    expect(tourist.dots("web", "v2")).to_have_count(8, timeout=SLOW)
    tourist.does("plug", "Start node4")
    expect(newest(page, "node4 is back")).to_be_visible(timeout=SLOW)
    tourist.has_done("plug")


def locks_and_unlocks(tourist: Tourist, page: Page) -> None:
    tourist.does("lock", "Lock node3")
    expect(tourist.node("node3")).to_contain_text("Locked", timeout=SLOW)
    expect(newest(page, re.compile("node3 .*locked"))).to_be_visible(timeout=SLOW)
    tourist.does("lock", "Send")
    form = page.get_by_role("dialog", name="Unlock a manager")
    form.get_by_label("Key").fill("SWMKEY-1-this-is-not-it")
    form.get_by_role("button", name="Unlock").click()
    expect(form).to_be_hidden()
    expect(tourist.node("node3")).to_contain_text("Locked")
    send(page, "/swarm unlock")
    form.get_by_role("button", name="Unlock").click()
    expect(tourist.node("node3")).not_to_contain_text("Locked", timeout=SLOW)
    tourist.has_done("lock")


def is_offered_the_services_of_the_swarm(tourist: Tourist, page: Page) -> None:
    send(page, "/swarm scale")
    form = page.get_by_role("dialog", name="Scale a service")
    service = form.get_by_role("combobox", name="Service")
    service.press_sequentially("sho")
    offered = form.get_by_role("option")
    expect(offered).to_have_text(["shop_db", "shop_front"])
    service.press("ArrowDown")
    service.press("Enter")
    expect(service).to_have_value("shop_front")
    form.get_by_label("Replicas").fill("three")
    form.get_by_role("button", name="Scale").click()
    expect(form.get_by_label("Replicas")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Replicas").fill("3")
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    expect(tourist.dots("shop_front", "v1")).to_have_count(3, timeout=SLOW)
    page.get_by_role("button", name="Home").click()
    expect(page.locator("#home")).to_contain_text("node", timeout=SLOW)


@pytest.mark.timeout(240)
def test_a_swarm_that_is_there_already_is_shown_as_it_is_and_left_as_it_was(
    cluster: Cluster, demos: Callable[..., Demo], opens: Opens
) -> None:
    cluster.docker("service", "create", "--detach", "--name", "mine", cluster.image("web:v1"))
    demo = demos("--engine", cluster.nodes["node1"].url)
    page = opens(demo.url)
    tourist = Tourist(page)
    expect(tourist.dots("mine", "v1")).to_have_count(1, timeout=SLOW)
    expect(page.locator(".node")).to_have_count(4)
    expect(page.locator(".switches button")).to_have_count(0)
    tourist.does("status", "Send")
    tourist.has_done("status")
    assert demo.end() == 0
    assert cluster.docker("service", "ls", "--format", "{{.Name}}").split() == ["mine"]
