"""Debian's Chromium, driven as a person would use it; a page with a chat alone, and the whole demo."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from playground.bot import CHECKOUT
from playground.page import Page as ServedPage
from playground.workspace import Workspace
from tests.conftest import NUMBER

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
READY_SECONDS = 60.0
END_SECONDS = 60.0
Opens = Callable[..., Page]

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Opens an address in a browser of its own; whatever goes wrong in the page's own code fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_(url: str, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(said, complaints))
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def _note(said: ConsoleMessage, complaints: list[str]) -> None:
    # A refusal of the server is shown to the person, and Chromium logs it as well.
    if said.type == "error" and "Failed to load resource" not in said.text and "WebSocket" not in said.text:
        complaints.append(said.text)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A workspace with its page, and no app."""
    workspace = Workspace()
    served = ServedPage(workspace).mount()
    with workspace:
        workspace.served = served  # type: ignore[attr-defined]
        yield workspace


@dataclass
class Demo:
    """`python -m playground demo` as a process."""

    process: subprocess.Popen[str]
    url: str
    printed: list[str]
    took: float

    def end(self) -> int:
        """Ctrl-C, and wait until all of it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_SECONDS)


@pytest.fixture
def demos() -> Iterator[Callable[..., Demo]]:
    """Starts demos, and ends them after the test."""
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        started.append(_started(options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def _started(options: tuple[str, ...]) -> Demo:
    ports = ("--port", str(_free_port()), "--bot-port", str(_free_port()))
    command = (sys.executable, "-u", "-m", "playground", "--number", str(NUMBER), "demo", *ports, *options)
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: Queue[str] = Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout or ()], daemon=True).start()
    demo = Demo(process, "", [], 0.0)
    while time.monotonic() - began < READY_SECONDS and process.poll() is None:
        try:
            demo.printed.append(lines.get(timeout=0.2).rstrip())
        except Empty:
            continue
        if found := re.fullmatch(r"\s+(http://\S+)", demo.printed[-1]):
            demo.url, demo.took = found.group(1), time.monotonic() - began
            return demo
    demo.end()
    raise AssertionError("\n".join(demo.printed))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(page: Page, line: str) -> None:
    """Type a line and send it, with the keyboard alone."""
    page.get_by_role("combobox", name="Message").fill(line)
    page.keyboard.press("Enter")


def newest(page: Page, text: str | re.Pattern[str]) -> Locator:
    """The newest message that says that."""
    return page.locator("#messages .message").filter(has_text=text).last


def folder(name: str) -> Path:
    """Where pictures of failures go."""
    return CHECKOUT / ".dev" / name
