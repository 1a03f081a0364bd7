"""What really happened to the services of a run, beside what people asked for: the judge of all
that the bots say."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from bot.store.connection import key
from tests.memory.twin.cluster import Json, count_of
from tests.memory.twin.swarm_twin import Change
from tests.memory.twin.world import World

MOST_UNAPPROVED = 3
"""More replicas than these need an approval."""
TIMEOUT = 40
"""Seconds that a deploy has; where it is not done by then, the bot turns it back."""


@dataclass(frozen=True)
class Deed:
    """One change of a service by a bot, as the engine took it.

    `back`: Swarm was asked for the previous specification; `paused`: its update stood paused.
    """

    at: float
    sender: str
    service: str
    image_before: str
    image: str
    replicas_before: int
    replicas: int
    back: bool
    paused: bool

    @property
    def deploys(self) -> bool:
        return self.image != self.image_before and not self.back

    @property
    def scales(self) -> bool:
        return self.replicas != self.replicas_before and not self.back


@dataclass
class Asked:
    """What people asked for so far, each counted, and what somebody else approved."""

    deploys: Counter[str] = field(default_factory=Counter)
    scales: Counter[str] = field(default_factory=Counter)
    rollbacks: Counter[str] = field(default_factory=Counter)
    unfollows: Counter[str] = field(default_factory=Counter)
    approved: list[str] = field(default_factory=list)
    first_asked: dict[str, float] = field(default_factory=dict)
    """By image: when somebody first asked to deploy it."""


@dataclass
class Journal:
    """Everything that was done and asked; raises AssertionError for a change that must not be."""

    world: World
    asked: Asked = field(default_factory=Asked)
    deeds: list[Deed] = field(default_factory=list)
    ran: dict[str, list[tuple[float, frozenset[str]]]] = field(default_factory=dict)
    """By service: from which second on which images ran."""
    violations: list[str] = field(default_factory=list)
    """What was wrong: noted, because the bot would take an exception for an engine's answer."""
    outside: dict[str, float] = field(default_factory=dict)
    let_go: dict[str, float] = field(default_factory=dict)
    """By image: when a bot last said that it follows its rollout no more."""

    def note(self, change: Change) -> None:
        """An engine has just changed a service."""
        deed = Deed(
            self.world.clock.seconds,
            change.sender,
            change.service["Spec"]["Name"],
            image_of(change.before),
            image_of(change.after),
            count_of(change.before),
            count_of(change.after),
            change.back,
            change.paused,
        )
        if not deed.sender:
            self.outside[deed.service] = deed.at
            return
        self.deeds.append(deed)
        for violation in (
            self._unfenced(deed, change.service["ID"]),
            self._unapproved(deed),
            self._doubled(deed),
            self._unasked_return(deed),
        ):
            if violation:
                self.violations.append(f"{violation}: {deed}")

    def look(self) -> None:
        """See which images run now."""
        self.world.swarm.advance()
        for service in self.world.swarm.cluster.services.values():
            changes = self.ran.setdefault(service["Spec"]["Name"], [])
            images = self._images(service)
            if not changes or changes[-1][1] != images:
                changes.append((self.world.clock.seconds, images))

    def ran_only(self, service: str, image: str, since: float) -> bool:
        """Whether this image, and no other, ran at any moment since then."""
        changes = self.ran.get(service, [])
        ends = [*(at for at, _ in changes[1:]), float("inf")]
        return any(
            images == {image} and end >= since
            for (_, images), end in zip(changes, ends, strict=True)
        )

    def begun(self, image: str, posted: float) -> float:
        """When the change to this image began whose message was posted then: Slack may have taken
        the message long after the change."""
        sent_at = [deed.at for deed in self.deeds if deed.image == image]
        return min(posted, sent_at[-1]) if sent_at else posted

    # ---- what must not be

    def _unfenced(self, deed: Deed, service_id: str) -> str:
        """Nobody changes a service but who has its lock, in Redis, at that moment."""
        if self.world.redis.away:
            return "changed while nobody could confirm its lease"
        bot = next(bot for bot in self.world.bots if bot.party.name == deed.sender)
        stored = str(self.world.redis.client().get(key("lock", f"service:{service_id}")))
        owners = {lease.owner for lease in bot.store.locks._leases}
        if not any(owner in stored for owner in owners):
            return f"changed without the lock ({stored[:80]})"
        return ""

    def _unapproved(self, deed: Deed) -> str:
        needs_one = (deed.deploys or deed.back) and deed.service == "api"
        grows = deed.scales and deed.replicas > max(MOST_UNAPPROVED, deed.replicas_before)
        if not (needs_one or grows) or self._was_promised(deed):
            return ""
        wanted = f"{deed.replicas}" if grows else deed.image
        shown = [text for text in self.asked.approved if deed.service in text and wanted in text]
        return "" if shown else "changed without approval"

    def _doubled(self, deed: Deed) -> str:
        asked = self.asked
        if deed.deploys:
            done = sum(known.deploys and known.image == deed.image for known in self.deeds)
            # What fails is turned back to what was left for it, by the bot itself.
            left = sum(known.deploys and known.image_before == deed.image for known in self.deeds)
            most = asked.deploys[deed.image] + asked.rollbacks[deed.service] + left
            return f"deployed {done} times, asked for {most} times" if done > most else ""
        if deed.scales:
            done = sum(known.scales and known.service == deed.service for known in self.deeds)
            most = asked.scales[deed.service]
            return f"scaled {done} times, asked for {most} times" if done > most else ""
        return ""

    def _unasked_return(self, deed: Deed) -> str:
        """Nobody goes back to what ran before but by a person's wish or by a promise, and by each
        wish once."""
        if not deed.back or self._was_promised(deed):
            return ""
        returns = [known for known in self.deeds if known.back and known.service == deed.service]
        done = sum(not self._was_promised(known) for known in returns)
        most = self.asked.rollbacks[deed.service]
        return f"went back {done} times, asked for {most} times" if done > most else ""

    def _was_promised(self, deed: Deed) -> bool:
        """Whether it takes back a deploy that failed: the plan of a deploy promises that, for as
        long as a bot follows it."""
        undone = [
            known
            for known in self.deeds
            if known.deploys
            and known.at <= deed.at
            and (known.service, known.image) == (deed.service, deed.image_before)
            and (known.image_before == deed.image)
        ]
        if not undone or self.let_go.get(deed.image_before, -1.0) >= undone[-1].at:
            return False
        asked_at = self.asked.first_asked.get(deed.image_before, deed.at)
        return deed.paused or deed.at >= asked_at + TIMEOUT

    def _images(self, service: Json) -> frozenset[str]:
        return frozenset(
            str(task["Spec"]["ContainerSpec"]["Image"]).partition("@")[0]
            for task in self.world.swarm.cluster.tasks_of(service)
            if task["DesiredState"] == "running"
        )


def image_of(spec: Json) -> str:
    """The image of a specification, without its digest."""
    return str(spec["TaskTemplate"]["ContainerSpec"]["Image"]).partition("@")[0]


ON = re.compile(r"✅ (web|api) is on (\S+)")
"""What a message says that has to be true."""
LET_GO = re.compile(r"🟠 (web|api) (?:→ (\S+) )?.*· followed no more")
"""What a message says where a bot follows a rollout no more, with the image of a deploy."""
