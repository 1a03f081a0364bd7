"""Every message that the bot can post, as people see it, on one page with a picture of each group.
`make gallery` runs it.

Who changes a message looks at it there, in light and in dark, on a desk and on a phone;
nothing of it needs a Swarm.
"""

from __future__ import annotations

import re
import sys
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser

from bot.model import File, Message
from bot.model.picture import Sheet
from bot.poster import Drawing
from playground.bot import CHECKOUT
from playground.page.blocks import Surface, drawn
from playground.page.html import Html, el, join
from playground.page.page import STATIC
from playground.workspace.blocks import with_ids
from playground.workspace.model import Limits
from playground.workspace.state import State
from playground.workspace.text import Reader
from tests.browser.running import chromium
from tests.unit.render.catalogue import catalogue

FOLDER = CHECKOUT / ".dev" / "gallery"
STYLES = ("theme.css", "page.css", "chat.css")
SCREENS = (("light", "desktop"), ("dark", "desktop"), ("light", "phone"))
WIDTHS = {"desktop": 860, "phone": 360}
OWN_STYLE = """
html, body { height: auto; overflow: visible; }
body { max-width: 820px; margin: 0 auto; padding: 24px 20px 60px; display: block; }
h2 { margin: 40px 0 4px; font-size: 20px; }
article { border-top: 1px solid var(--line); padding: 14px 0 18px; }
article > p { margin: 0 0 8px; color: var(--soft); font-size: 12.5px; }
img { max-width: 100%; }
"""


def main() -> int:
    """Write the page and its pictures; the status is 1 where a message does not fit into its
    width."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = FOLDER / "index.html"
    groups = _groups()
    page.write_text(_page(groups))
    with chromium() as browser:
        wide = [name for screen in SCREENS for name in _taken(browser, page, screen, groups)]
    sys.stdout.write(f"{sum(map(len, groups.values()))} messages in {page.relative_to(CHECKOUT)}\n")
    for name in sorted(set(wide)):
        sys.stdout.write(f"wider than its place: {name}\n")
    return 1 if wide else 0


def _groups() -> dict[str, dict[str, Message]]:
    """The messages by the first word of their names."""
    groups: defaultdict[str, dict[str, Message]] = defaultdict(dict)
    for name, made in sorted(catalogue().items()):
        groups[re.split(r"[-0-9]", name)[0]][name] = made()
    return groups


def _page(groups: dict[str, dict[str, Message]]) -> str:
    style = "\n".join((STATIC / name).read_text() for name in STYLES) + OWN_STYLE
    reader = Reader(State(time.time, Limits()), "Europe/Berlin", "U0DEV00001")
    parts = (
        el(
            "section",
            el("h2", group),
            *(_shown(name, message, reader) for name, message in members.items()),
            id=f"group-{group}",
        )
        for group, members in groups.items()
    )
    head = el(
        "head",
        Html('<meta charset="utf-8">'),
        el("title", "swarmbot: every message"),
        el("style", Html(style)),
    )
    return "<!doctype html>" + el("html", head, el("body", *parts), lang="en")


def _shown(name: str, message: Message, reader: Reader) -> Html:
    blocks = with_ids([dict(block) for block in message.blocks])
    content = drawn(blocks, Surface(reader, name)) if blocks else el("p", message.text)
    files = (_file(name, file) for file in message.files)
    return el("article", el("p", name), el("div", content, *files, class_="surface"), id=name)


def _file(name: str, file: File) -> Html:
    if isinstance(file.content, Sheet):
        picture = FOLDER / f"{name}-{file.name}"
        picture.write_bytes(Drawing()(file.content))
        return el("img", src=picture.name, alt=file.alt)
    return join((el("p", f"goes along: {file.name}"),))


def _taken(
    browser: Browser, page: Path, kind: tuple[str, str], groups: dict[str, dict[str, Message]]
) -> list[str]:
    """Take the pictures in one scheme on one screen; the messages that are wider than it."""
    scheme, screen = kind
    tab = browser.new_page(viewport={"width": WIDTHS[screen], "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    tab.goto(page.as_uri())
    tab.evaluate("scheme => { document.documentElement.dataset.theme = scheme }", scheme)
    for group in groups:
        tab.locator(f"#group-{group}").screenshot(path=FOLDER / f"{group}-{scheme}-{screen}.png")
    wide: list[str] = tab.evaluate(
        "() => [...document.querySelectorAll('article')].filter(one => one.scrollWidth > "
        "one.clientWidth + 1).map(one => one.id)"
    )
    tab.close()
    return wide


if __name__ == "__main__":
    sys.exit(main())
