"""The whole demo as a process, and Chromium before its page."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Queue

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from playground.bot import CHECKOUT

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
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
READY_SECONDS = 60.0
END_SECONDS = 60.0
SLOW = 60_000
"""Milliseconds: what the Swarm needs to notice, on a busy machine."""
DONE = re.compile(r"\bdone\b")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


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


def _read(output: Iterable[str], lines: Queue[str]) -> None:
    for line in output:
        lines.put(line)


def start_demo(number: int, *options: str) -> Demo:
    """Start it, and wait until it prints its address."""
    ports = ("--port", str(_free_port()), "--bot-port", str(_free_port()))
    command = (
        sys.executable,
        "-u",
        "-m",
        "playground",
        "--number",
        str(number),
        "demo",
        *ports,
        *options,
    )
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: Queue[str] = Queue()
    threading.Thread(target=_read, args=(process.stdout or (), lines), daemon=True).start()
    demo = Demo(process, "", [], 0.0)
    while time.monotonic() - began < READY_SECONDS and process.poll() is None:
        try:
            demo.printed.append(lines.get(timeout=0.2).rstrip())
        except Empty:
            continue
        if match := re.fullmatch(r"\s+(http://\S+)", demo.printed[-1]):
            demo.url, demo.took = match.group(1), time.monotonic() - began
            return demo
    demo.end()
    raise AssertionError("\n".join(demo.printed))


class Tourist:
    """Somebody with the demo before them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def step(self, name: str) -> Locator:
        return self.page.locator(f".step[data-name={name}]")

    def does(self, step: str, button: str) -> None:
        """Press a button of a step, which is opened where it is not."""
        if not self.step(step).get_by_role("button", name=button).is_visible():
            self.step(step).get_by_role("button").first.click()
        self.step(step).get_by_role("button", name=button).click()

    def has_done(self, step: str) -> None:
        expect(self.step(step)).to_have_class(DONE, timeout=SLOW)

    def node(self, name: str) -> Locator:
        return self.page.locator(f".node[data-node={name}]")

    def dots(self, service: str, version: str, look: str = "running") -> Locator:
        return self.page.locator(
            f'.dots[data-service={service}] .dot.{look}[title^="{service} {version}:"]'
        )


def send(page: Page, line: str) -> None:
    """Type a line and send it, with the keyboard alone."""
    page.get_by_role("combobox", name="Message").fill(line)
    page.keyboard.press("Enter")


def newest(page: Page, text: str | re.Pattern[str]) -> Locator:
    """The newest message that says that."""
    return page.locator("#messages .message").filter(has_text=text).last


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
