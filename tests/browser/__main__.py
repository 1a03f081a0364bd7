"""Takes the pictures of the README: the demo in the middle of a rollout, in light and in dark.
`make screenshot` runs it."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from playground.bot import CHECKOUT
from tests.browser.running import DESKTOP, SLOW, Tourist, chromium, newest, start_demo

NUMBER = 98
FOLDER = CHECKOUT / "docs"
SCHEMES = ("light", "dark")


def main() -> None:
    """Play the first steps of the tour, and take a picture in each scheme while a rollout is
    half-way."""
    demo = start_demo(NUMBER)
    try:
        with chromium() as browser:
            pages = {scheme: _opened(browser, demo.url, scheme) for scheme in SCHEMES}
            _play(Tourist(pages["light"]))
            for scheme, page in pages.items():
                page.screenshot(path=FOLDER / f"demo-{scheme}.png")
    finally:
        demo.end()


def _opened(browser: Browser, url: str, scheme: str) -> Page:
    page = browser.new_page(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
    page.emulate_media(reduced_motion="reduce")
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    return page


def _play(tourist: Tourist) -> None:
    page = tourist.page
    tourist.does("status", "Send")
    tourist.has_done("status")
    tourist.does("break", "Send")
    tourist.has_done("break")
    tourist.does("deploy", "Send")
    expect(newest(page, re.compile("web → .*v2"))).to_contain_text("2/4", timeout=SLOW)
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)


if __name__ == "__main__":
    main()
