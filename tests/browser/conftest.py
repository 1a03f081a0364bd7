"""Debian's Chromium, driven as a person would use it; a page with a chat alone, and the whole
demo."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    WebSocket,
    expect,
)

from playground.page import Page as ServedPage
from playground.workspace import Workspace
from tests.browser.running import DESKTOP, Demo, chromium, start_demo
from tests.conftest import NUMBER

Opens = Callable[..., Page]
DEMO_NUMBER = NUMBER - 20
"""The demo takes its Swarm away with it, so it is not the one of the other stories."""
Scheme = Literal["light", "dark"]

NETWORK_CHANGES = 5
LOADED_WITHIN = 90_000
"""Milliseconds: four processes of stories share two cores."""
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Opens an address in a browser of its own; whatever goes wrong in the page's own code fails
    the test."""
    complaints: list[str] = []
    contexts = []

    def open_(url: str, size: ViewportSize = DESKTOP, scheme: Scheme = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(said, complaints))
        traffic = _traffic(page)
        _go_to(page, url)
        try:
            page.wait_for_selector("body[data-ready]", timeout=LOADED_WITHIN)
        except Error:
            raise AssertionError("\n".join((*traffic, *complaints, *_threads()))) from None
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def _go_to(page: Page, url: str) -> None:
    """Open the address, again where a network of the machine changed in that moment, as each engine
    that starts makes it do: Chromium gives up what it loads then."""
    for _ in range(NETWORK_CHANGES):
        try:
            page.goto(url)
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise
        else:
            return
    page.goto(url)


def _traffic(page: Page) -> list[str]:
    """What the page asks for and gets from now on: why a page did not load."""
    traffic: list[str] = []
    page.on("response", lambda answer: traffic.append(f"{answer.status} {answer.url}"))
    page.on("requestfailed", lambda request: traffic.append(f"{request.failure} {request.url}"))
    page.on("websocket", lambda live: _follow(live, traffic))
    return traffic


def _follow(live: WebSocket, traffic: list[str]) -> None:
    traffic.append(f"websocket {live.url}")
    live.on("framereceived", lambda frame: traffic.append(f"websocket said {str(frame)[:60]}"))
    live.on("socketerror", lambda error: traffic.append(f"websocket failed: {error}"))
    live.on("close", lambda _: traffic.append("websocket closed"))


def _threads() -> Iterator[str]:
    """What each thread of the server, which runs in this process, does."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for id_, frame in sys._current_frames().items():
        yield f"thread {names.get(id_, id_)}\n{''.join(traceback.format_stack(frame)[-6:])}"


def _note(said: ConsoleMessage, complaints: list[str]) -> None:
    # A refusal of the server is shown to the person, and Chromium logs it as well.
    if (
        said.type == "error"
        and "Failed to load resource" not in said.text
        and "WebSocket" not in said.text
    ):
        complaints.append(said.text)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A workspace with its page, and no app."""
    workspace = Workspace()
    served = ServedPage(workspace).mount()
    with workspace:
        workspace.served = served  # type: ignore[attr-defined]
        yield workspace


@pytest.fixture
def demos() -> Iterator[Callable[..., Demo]]:
    """Starts demos, and ends them after the test."""
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        started.append(start_demo(DEMO_NUMBER, *options))
        return started[-1]

    yield start
    for process in started:
        process.end()
