"""The frame of the page, filled once: what is in it comes over the websocket."""

from functools import cache
from pathlib import Path
from string import Template

from playground.page.html import Html, el, join
from playground.page.shown import avatar, mark
from playground.workspace.people import PEOPLE

FRAME = Path(__file__).parent / "page.html"
ROLES = {"dev": "operator", "lead": "lead, approves", "guest": "guest, may look"}


@cache
def shell() -> str:
    """The whole page as it is before anything is known."""
    return Template(FRAME.read_text(encoding="utf-8")).substitute(mark=mark(), personas=_personas())


def _personas() -> Html:
    people = (person for person in PEOPLE if person.name in ROLES)
    return join(
        el(
            "label",
            el(
                "input",
                type="radio",
                name="persona",
                value=person.name,
                class_="hidden",
                checked=person.name == "dev",
            ),
            avatar(person),
            el(
                "span",
                el("span", person.real_name, class_="name"),
                el("span", ROLES[person.name], class_="role"),
            ),
            class_="persona",
        )
        for person in people
    )
