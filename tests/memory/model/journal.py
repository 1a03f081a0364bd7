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


@dataclass(frozen=True)
class Deed:
    """One change of a service by a bot, as the engine took it."""

    at: float
    sender: str
    service: str
    image_before: str
    image: str
    replicas_before: int
    replicas: int
    back: bool

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
    approved: list[str] = field(default_factory=list)


@dataclass
class Journal:
    """Everything that was done and asked; raises AssertionError for a change that must not be."""

    world: World
    asked: Asked = field(default_factory=Asked)
    deeds: list[Deed] = field(default_factory=list)
    ran: dict[str, list[tuple[float, frozenset[str]]]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    """What was wrong: noted, because the bot would take an exception for an engine's answer."""
    outside: dict[str, float] = field(default_factory=dict)

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
        )
        if not deed.sender:
            self.outside[deed.service] = deed.at
            return
        self.deeds.append(deed)
        for wrong in (
            self._unfenced(deed, change.service["ID"]),
            self._unapproved(deed),
            self._doubled(deed),
        ):
            if wrong:
                self.violations.append(f"{wrong}: {deed}")

    def look(self) -> None:
        """See which images run now."""
        self.world.swarm.advance()
        for service in self.world.swarm.cluster.services.values():
            seen = self.ran.setdefault(service["Spec"]["Name"], [])
            images = self._images(service)
            if not seen or seen[-1][1] != images:
                seen.append((self.world.clock.seconds, images))

    def ran_only(self, service: str, image: str, since: float) -> bool:
        """Whether this image, and no other, ran at any moment since then."""
        seen = self.ran.get(service, [])
        ends = [*(at for at, _ in seen[1:]), float("inf")]
        return any(
            images == {image} and end >= since for (_, images), end in zip(seen, ends, strict=True)
        )

    def begun(self, image: str, posted: float) -> float:
        """When the change to this image began whose message was posted then: Slack may have taken
        the message long after the change."""
        sent = [deed.at for deed in self.deeds if deed.image == image]
        return min(posted, sent[-1]) if sent else posted

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
        needs = deed.deploys and deed.service == "api"
        more = deed.scales and deed.replicas > max(MOST_UNAPPROVED, deed.replicas_before)
        wanted = deed.image if needs else f"{deed.replicas}"
        if not needs and not more:
            return ""
        shown = [text for text in self.asked.approved if deed.service in text and wanted in text]
        return "" if shown or self.asked.rollbacks[deed.service] else "changed without approval"

    def _doubled(self, deed: Deed) -> str:
        asked = self.asked
        if deed.deploys:
            done = sum(each.deploys and each.image == deed.image for each in self.deeds)
            # What fails is turned back to what was left for it, by the bot itself.
            left = sum(each.deploys and each.image_before == deed.image for each in self.deeds)
            most = asked.deploys[deed.image] + asked.rollbacks[deed.service] + left
            return f"deployed {done} times, asked for {most} times" if done > most else ""
        if deed.scales:
            done = sum(each.scales and each.service == deed.service for each in self.deeds)
            most = asked.scales[deed.service]
            return f"scaled {done} times, asked for {most} times" if done > most else ""
        return ""

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
