"""The guided tour: what to do, and how the page knows that it has happened."""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.workspace.model import BOT_USER, Change, Posted
from playground.workspace.state import State
from playground.workspace.text import Reader

Picture = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """An event of the tour: the bot's first line matches `says`, or the Swarm `looks` so."""

    text: str
    says: str = ""
    looks: Callable[[Picture], bool] | None = None
    after: int | None = None


@dataclass(frozen=True)
class Step:
    """One step; it is done when all its marks are."""

    name: str
    title: str
    text: str
    marks: tuple[Mark, ...]
    line: str = ""
    extras: tuple[dict[str, str], ...] = ()


def steps(image: Callable[[str], str]) -> tuple[Step, ...]:
    """The six steps on the playground's Swarm; `image` gives the full name of one of its images."""
    return (
        Step(
            "status",
            "Look at the Swarm",
            "Anyone may look. The answer is yours alone: nobody else in the channel sees it.",
            (Mark("swarmbot has answered", says=r"^\S+ Swarm\b"),),
            line="/swarm status",
        ),
        Step(
            "deploy",
            "Deploy a new version",
            (
                "One message follows the rollout from start to end, while the dots below change "
                "their colour."
            ),
            (
                Mark("the rollout is on its way", says=r"^🔵 web\b.*v2"),
                Mark("web is on v2", says=r"^✅ web is on .*v2"),
            ),
            line=f"/swarm deploy web {image('web:v2')} --parallelism 2 --delay 1s",
        ),
        Step(
            "break",
            "Watch it break, and roll back",
            (
                "This image ends as soon as it starts. swarmbot says why, and puts the version "
                "before back."
            ),
            (Mark("api is back on v1", says=r"^↩️ api rolled back"),),
            line=f"/swarm deploy api {image('web:broken')}",
        ),
        Step(
            "scale",
            "Scale, with approval",
            "More than six replicas need a lead. Ask as Dana, then become Lee and approve.",
            (
                Mark("the request waits for a lead", says=r"^🟡 web\b.*needs approval"),
                Mark("web runs 8 replicas", says=r"^✅ web\b.*→ 8\b", after=0),
            ),
            line="/swarm scale web=8",
            extras=(
                {"text": "Act as Lee", "person": "lead"},
                {"text": "Act as Dana", "person": "dev"},
            ),
        ),
        Step(
            "plug",
            "Pull the plug on node4",
            "The tasks of node4 start elsewhere, and #alerts hears of it in a few seconds.",
            (
                Mark(
                    "the Swarm says node4 is Down",
                    looks=lambda picture: _node(picture, "node4").get("down", False),
                ),
                Mark("the alert is in #alerts", says=r"\bnode4 is Down"),
                Mark(
                    "node4 is back",
                    looks=lambda picture: _node(picture, "node4").get("ready", False),
                    after=0,
                ),
            ),
            extras=(
                {"text": "Stop node4", "node": "node4", "what": "stop"},
                {"text": "Open #alerts", "place": "alerts"},
                {"text": "Start node4", "node": "node4", "what": "start"},
            ),
        ),
        Step(
            "lock",
            "Lock a manager, and unlock it",
            "With autolock on, a manager that restarts stays out until somebody gives it the key.",
            (
                Mark(
                    "node3 is locked",
                    looks=lambda picture: _node(picture, "node3").get("locked", False),
                ),
                Mark("the alert is in #alerts", says=r"\bnode3\b.*\blocked"),
                Mark(
                    "node3 is a manager again",
                    looks=lambda picture: (
                        _node(picture, "node3").get("ready", False)
                        and not _node(picture, "node3")["locked"]
                    ),
                    after=0,
                ),
            ),
            line="/swarm unlock",
            extras=(
                {"text": "Lock node3", "node": "node3", "what": "lock"},
                {"text": "Open #alerts", "place": "alerts"},
            ),
        ),
    )


def steps_elsewhere() -> tuple[Step, ...]:
    """The steps on a Swarm of one's own: nothing is changed but what one asks for."""
    return (
        Step(
            "status",
            "Look at the Swarm",
            "Anyone may look. The answer is yours alone: nobody else in the channel sees it.",
            (Mark("swarmbot has answered", says=r"^\S+ Swarm\b"),),
            line="/swarm status",
        ),
        Step(
            "deploy",
            "Deploy a service of yours",
            (
                "A form opens: it offers the services that run here. It is your own Swarm, so "
                "this is for real."
            ),
            (Mark("a rollout has ended", says=r"^(✅|↩️|❌) "),),
            line="/swarm deploy",
        ),
    )


@dataclass
class Tour:
    """How far the tour is. It hears the workspace and sees the Swarm; safe from any thread."""

    steps: Sequence[Step]
    state: State
    done: set[tuple[int, int]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hears(self, change: Change) -> None:
        """Take what the bot says into account."""
        posted = change.value
        if (
            not isinstance(posted, Posted)
            or posted.user != BOT_USER
            or posted.deleted_at is not None
        ):
            return
        lines = (Reader(self.state).message(posted), posted.now.text)
        firsts = [line.split("\n")[0] for line in lines]
        self._tick(
            lambda mark: bool(mark.says) and any(re.search(mark.says, first) for first in firsts)
        )

    def sees(self, picture: Picture) -> None:
        """Take into account how the Swarm looks."""
        self._tick(lambda mark: mark.looks is not None and mark.looks(picture))

    def shown(self) -> dict[str, Any]:
        """The tour as the page takes it."""
        with self._lock:
            return {"steps": [self._shown(at, step) for at, step in enumerate(self.steps)]}

    def _shown(self, at: int, step: Step) -> dict[str, Any]:
        marks = [
            {"text": mark.text, "done": (at, index) in self.done}
            for index, mark in enumerate(step.marks)
        ]
        return {
            "name": step.name,
            "title": step.title,
            "text": step.text,
            "line": step.line,
            "extras": list(step.extras),
            "marks": marks,
            "done": all(mark["done"] for mark in marks),
        }

    def _tick(self, happened: Callable[[Mark], bool]) -> None:
        with self._lock:
            marks = [
                (at, index, mark)
                for at, step in enumerate(self.steps)
                for index, mark in enumerate(step.marks)
            ]
            for at, index, mark in marks:
                if (mark.after is None or (at, mark.after) in self.done) and happened(mark):
                    self.done.add((at, index))


def _node(picture: Picture, name: str) -> dict[str, Any]:
    return next((node for node in picture["nodes"] if node["name"] == name), {})
