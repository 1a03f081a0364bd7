"""Three people who work as on any day: they type changes, approve each other's, and click whatever
button they ever saw. What they asked for is counted."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.workspace import Workspace
from playground.workspace.model import BOT_USER, Posted
from playground.workspace.person import SENT_OF_BUTTON
from playground.workspace.surfaces import Message
from tests.chaos.ground import SERVICES, Ground

PEOPLE = ("dev", "lead", "ops")
APPROVERS = ("lead", "ops")
CHANGING = ("Approve", "Roll back", "Retry", "Finish rollback", "Leave the line")
"""The buttons that change something; the others only read."""
TIMEOUT = "--timeout 30s"
ASKS_AGAIN = 3.0
PAUSE = (0.2, 1.0)
"""Seconds between two things that one person does."""

Button = tuple[Posted, Any, dict[str, Any]]


@dataclass
class Asked:
    """What people asked for in this round, each counted; `approved` are the texts of requests as
    an approver saw them."""

    deploys: Counter[str] = field(default_factory=Counter)
    scales: Counter[str] = field(default_factory=Counter)
    rollbacks: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    approved: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Everything that was typed and clicked, for whoever reads about a violation."""


def said(workspace: Workspace) -> list[Posted]:
    """What the bots said in the channel, the oldest first."""
    with workspace.state.lock:
        return [
            posted
            for posted in workspace.state.messages.values()
            if posted.user == BOT_USER and not posted.thread_ts and not posted.only_for
        ]


@dataclass
class Crowd:
    """The people, each in a thread of their own."""

    ground: Ground
    seed: str
    asked: Asked = field(default_factory=Asked)
    _refused: dict[str, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        for name in PEOPLE:
            dice = random.Random(f"{self.seed}-{name}")
            thread = threading.Thread(target=self._works, args=(name, dice), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def refuse_what_waits(self) -> None:
        """At the end of the day nothing is left to approve; nobody is asked twice in a moment."""
        for posted, _, button in self.buttons():
            known = posted.versions[0].at > self.ground.emptied_at
            late = known and self._refused.get(posted.ts, 0.0) < time.monotonic() - ASKS_AGAIN
            if late and label(button) == "Reject" and self._still_there(posted, button):
                again = posted.ts in self._refused
                self._refused[posted.ts] = time.monotonic()
                # Nobody decides on their own request, so the next time somebody else does.
                self._types(APPROVERS[again], f"{button['value']} the day is over")

    def _works(self, name: str, dice: random.Random) -> None:
        deeds: list[Callable[[str, random.Random], None]] = [
            *[self._deploys] * 4,
            *[self._scales] * 3,
            *[self._clicks] * 4,
            *[self._approves] * 3,
            self._rolls_back,
            self._labels,
        ]
        while not self._stop.wait(dice.uniform(*PAUSE)):
            dice.choice(deeds)(name, dice)

    # ---- what they do

    def _deploys(self, name: str, dice: random.Random) -> None:
        service = dice.choice(SERVICES)
        image = self.ground.new_image(dice.choice(("good", "good", "good", "exits", "sick")))
        self.asked.deploys[image.rpartition("/")[2]] += 1
        delay = dice.choice(("", " --delay 2s"))
        self._types(name, f"deploy {service} {image} {TIMEOUT}{delay}")

    def _scales(self, name: str, dice: random.Random) -> None:
        service, replicas = dice.choice(SERVICES), dice.randint(1, 5)
        self.asked.scales[service] += 1
        self._types(name, f"scale {service}={replicas} {TIMEOUT}")

    def _rolls_back(self, name: str, dice: random.Random) -> None:
        service = dice.choice(SERVICES)
        self.asked.rollbacks[service] += 1
        self._types(name, f"rollback {service} {TIMEOUT}")

    def _labels(self, name: str, dice: random.Random) -> None:
        service, value = dice.choice(SERVICES), f"v{dice.randrange(10**6)}"
        self.asked.labels[value] += 1
        self._types(name, f"service update {service} --label-add by={value} {TIMEOUT}")

    def _approves(self, name: str, dice: random.Random) -> None:
        waiting = [
            found
            for found in self.buttons()
            if label(found[2]) == "Approve" and self._still_there(found[0], found[2])
        ]
        if waiting:
            self._press(dice.choice(APPROVERS), *waiting[-1])

    def _clicks(self, name: str, dice: random.Random) -> None:
        known = [found for found in self.buttons() if label(found[2]) in CHANGING]
        if not known:
            return
        found = known[-1 - min(int(dice.expovariate(0.5)), len(known) - 1)]
        self._press(name, *found)
        if dice.random() < 0.3:
            self._press(dice.choice(PEOPLE), *found)

    # ---- how

    def buttons(self) -> list[Button]:
        """Every button that was ever shown in this round, the oldest first."""
        known: dict[tuple[str, str, str], Button] = {}
        for posted in said(self.ground.workspace):
            for version in posted.versions:
                for block in version.blocks:
                    for element in block.get("elements", ()):
                        if element.get("type") == "button" and element.get("value"):
                            known[posted.ts, label(element), element["value"]] = (
                                posted,
                                block,
                                element,
                            )
        return list(known.values())

    def _still_there(self, posted: Posted, button: dict[str, Any]) -> bool:
        now = self.ground.workspace.state.messages[posted.channel, posted.ts].now
        return any(button in block.get("elements", ()) for block in now.blocks)

    def _types(self, name: str, line: str) -> None:
        self.asked.lines.append(f"{name} types {line}")
        self.ground.workspace.person(name).types(f"/swarm {line}")

    def _press(self, name: str, posted: Posted, block: Any, button: dict[str, Any]) -> None:
        person = self.ground.workspace.person(name)
        message = Message(self.ground.workspace.state, person.reader, (posted.channel, posted.ts))
        text, value = message.shown, str(button["value"])
        self.asked.lines.append(f"{name} clicks [{label(button)}] ({value}) on {text[:70]!r}")
        self._count(name, label(button), value, text)
        action = {key: button[key] for key in SENT_OF_BUTTON if key in button}
        person.controls.act(message, block, action)

    def _count(self, name: str, pressed: str, value: str, text: str) -> None:
        if pressed == "Approve" and name in APPROVERS:
            self.asked.approved.append(text)
        if pressed == "Retry":
            for image in self.asked.deploys:
                self.asked.deploys[image] += f"{image} " in f"{value} {text} "
        for service in SERVICES:
            if service in text:
                self.asked.scales[service] += pressed == "Retry"
                self.asked.rollbacks[service] += "back" in pressed


def label(button: dict[str, Any]) -> str:
    return str(button["text"]["text"])
