"""What has to be true of a round, whatever happened in it: judged by what the engines took, what
Swarm and Redis have, what people were told, and the audit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bot.model.audit import AuditEntry
from playground.workspace.model import Posted, Version
from tests.chaos.ground import MOST_UNAPPROVED, REPLICAS, SERVICES, Ground
from tests.chaos.people import Asked, said
from tests.chaos.wire import Deed, image_of, replicas_of, summary

OPEN_SIGNS = ("🔵", "🟡", "⏳")
WAITS_IN_LINE = "waits in line"
WAITS = (WAITS_IN_LINE, "needs approval", "approved, begins")
ON = re.compile(r"✅ (web|api) is on \S*?(web:[\w.-]+)( again)?")
SCALED = re.compile(r"✅ (web|api) · replicas \d+ → (\d+)")
ID = re.compile(r" · id (\w+)")
STUCK = ("paused", "rollback_paused")


@dataclass
class Round:
    """What is judged: where it happened, what people asked for, what the engines were sent, and the
    entries of the audit that are new."""

    ground: Ground
    asked: Asked
    deeds: list[Deed]
    first_entry: int
    images: dict[str, str]
    """What the services ran when the round began."""

    def violations(self) -> Iterator[str]:
        yield from self.two_writers()
        yield from self.unapproved()
        yield from self.doubled()
        yield from self.not_what_swarm_has()
        yield from self.messages_that_never_end()
        yield from self.messages_that_lie()
        yield from self.left_in_redis()
        yield from self.audit()

    # ---- what was done

    def two_writers(self) -> Iterator[str]:
        """Whoever changes a service has its lock, in Redis, at that moment, and nobody else has."""
        writers: dict[str, str] = {}
        for deed in self.deeds:
            if deed.owner == "" and not self.ground.emptied:
                yield f"changed without the lock: {deed}"
            if deed.owner and writers.setdefault(deed.owner, deed.bot) != deed.bot:
                yield f"changed under the other bot's lock: {deed}"

    def unapproved(self) -> Iterator[str]:
        for deed in self._taken():
            new = deed.deploys and image_of(deed.after) in self.asked.deploys
            needs = deed.service == "api" and new and not deed.back
            more = replicas_of(deed.after) > max(MOST_UNAPPROVED, replicas_of(deed.before))
            wanted = image_of(deed.after) if needs else str(replicas_of(deed.after))
            seen = [text for text in self.asked.approved if deed.service in text and wanted in text]
            undone = self._goes_back(deed) and self._may_go_back(deed)
            if (needs or (more and not deed.back)) and not seen and not undone:
                yield f"changed without approval: {deed}"

    def doubled(self) -> Iterator[str]:
        for deed in self._taken():
            same = summary(deed.before) == summary(deed.after)
            if same and deed.update_state not in STUCK and not deed.back:
                yield f"changed again, as it was: {deed}"
        for image, times in self.asked.deploys.items():
            done = [deed for deed in self._taken() if self._deploys(deed, image)]
            fresh = [deed for deed in done if not self._goes_back(deed)]
            if len(fresh) > times:
                yield f"{image} deployed {len(fresh)} times, asked for {times} times"
        for service in SERVICES:
            scaled = [
                deed
                for deed in self._taken()
                if deed.service == service and deed.scales and not self._goes_back(deed)
            ]
            most = self.asked.scales[service]
            if len(scaled) > most:
                yield f"{service} scaled {len(scaled)} times, asked for {most} times"

    def not_what_swarm_has(self) -> Iterator[str]:
        """What Swarm has is what the last change made of it."""
        for service in SERVICES:
            sent = [deed for deed in self.deeds if deed.service == service and deed.may_be_taken]
            last = [index for index, deed in enumerate(sent) if deed.taken]
            allowed = [summary(deed.after) for deed in sent[last[-1] if last else 0 :]]
            has = summary(self.ground.site.spec(service))
            if last and has not in allowed:
                yield f"{service} is {has}, and the last change made it {allowed}"

    # ---- what was said

    def messages_that_never_end(self) -> Iterator[str]:
        for posted in shown_open(self.ground):
            yield f"shown for ever:\n{self.text(posted.now)}"

    def messages_that_lie(self) -> Iterator[str]:
        for posted in said(self.ground.workspace):
            text = self.text(posted.now)
            if (claim := ON.match(text)) and not self._was_on(claim[1], claim[2]):
                yield f"not true, for Swarm never had it:\n{text}"
            if (claim := SCALED.match(text)) and not self._had(claim[1], int(claim[2])):
                yield f"not true, for Swarm never had so many:\n{text}"
        for service in SERVICES:
            yield from self._last_word(service)

    def _last_word(self, service: str) -> Iterator[str]:
        """Whoever reads the newest ✅ about an image knows what runs, unless a later message tells
        of what came after it."""
        told = [
            (posted.now.at, claim[2], self.text(posted.now))
            for posted in said(self.ground.workspace)
            if (claim := ON.match(self.text(posted.now))) and claim[1] == service
        ]
        if not told:
            return
        at, image, text = max(told)
        later = [
            posted
            for posted in said(self.ground.workspace)
            if posted.now.at >= at and service in self.text(posted.now) and posted.now.text != text
        ]
        now = image_of(self.ground.site.spec(service))
        if now != image and not [each for each in later if self.text(each.now) != text]:
            yield f"{service} is on {now}, and nobody said so after:\n{text}"

    # ---- what stays

    def left_in_redis(self) -> Iterator[str]:
        yield from left(self.ground)

    # ---- the audit

    def audit(self) -> Iterator[str]:
        yield from self._verified()
        if self.ground.emptied:
            return
        entries = self.entries()
        for image, times in self.asked.deploys.items():
            told = [entry for entry in entries if image in str(entry.command)]
            done = [deed for deed in self._taken() if self._deploys(deed, image)]
            endings = [str((entry.outcome or {}).get("ending")) for entry in told]
            if done and not told and not self.asked.rollbacks[done[0].service]:
                yield f"{image} was deployed, and the audit does not know of it"
            sent = [deed for deed in self.deeds if self._deploys(deed, image)]
            if "done" in endings and not sent and times == 1:
                yield f"the audit says that {image} was deployed, and it was not"

    def _verified(self) -> Iterator[str]:
        bot = self.ground.bots[0].process
        environment = {
            **bot.environment,
            "SWARMBOT_CONFIG": str(bot.folder / "swarmbot.toml"),
            "SWARMBOT_DATA": str(bot.folder / "data"),
            "SWARMBOT_KEY_FILE": str(bot.folder / "key"),
            "PATH": os.environ["PATH"],
        }
        command = (sys.executable, "-m", "bot", "audit", "verify")
        verdict = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if verdict.returncode and not self.ground.emptied:
            yield f"the audit does not verify: {verdict.stdout}{verdict.stderr}"

    def entries(self) -> list[AuditEntry]:
        """What the audit has of this round, the newest first."""
        entries = self.ground.store.audit.entries(limit=1000)
        return [entry for entry in entries if int(entry.id) > self.first_entry]

    # ---- parts

    def text(self, version: Version) -> str:
        reader = self.ground.workspace.person("dev").reader
        return reader.blocks(version.blocks, {}) if version.blocks else reader.mrkdwn(version.text)

    def _taken(self) -> list[Deed]:
        return [deed for deed in self.deeds if deed.taken]

    def _deploys(self, deed: Deed, image: str) -> bool:
        return deed.deploys and image_of(deed.after) == image

    def _goes_back(self, deed: Deed) -> bool:
        """Whether it makes the service what it was before, in this round."""
        if deed.back:
            return True
        earlier = self.deeds[: self.deeds.index(deed)]
        return deed.deploys and any(
            each.service == deed.service and summary(each.before)[0] == summary(deed.after)[0]
            for each in earlier
        )

    def _may_go_back(self, deed: Deed) -> bool:
        """Somebody asked for it, or what was there did not work."""
        bad = not image_of(deed.before).endswith("-good")
        return bad or self.asked.rollbacks[deed.service] > 0

    def _was_on(self, service: str, image: str) -> bool:
        return self.images.get(service) == image or any(
            deed.service == service and deed.may_be_taken and image_of(deed.after) == image
            for deed in self.deeds
        )

    def _had(self, service: str, replicas: int) -> bool:
        return replicas == REPLICAS or any(
            deed.service == service and deed.may_be_taken and replicas_of(deed.after) == replicas
            for deed in self.deeds
        )


def left(ground: Ground) -> list[str]:
    """What still says that something is being changed, or waits."""
    store = ground.store
    kept = {
        "lock": store.locks.all(),
        "record of a rollout": store.rollouts.running(),
        "record of a change of several services": store.batches.running(),
        "change whose end the audit does not know": store.audit.open_intents(),
        "approved request that has not begun": store.approvals.approved(),
        "request that runs": store.approvals.claimed(),
        "request that waits": store.approvals.open(),
        "line that waits": store.queue.all(),
    }
    return [f"a {name} stays: {entry}" for name, entries in kept.items() for entry in entries]


def shown_open(ground: Ground) -> list[Posted]:
    """Messages of changes that have not ended yet."""
    return [
        posted
        for posted in said(ground.workspace)
        if (posted.now.text.startswith(OPEN_SIGNS) or WAITS_IN_LINE in posted.now.text)
        and not _forgotten(ground, posted)
        and not (ground.killed and _told_anew(ground, posted))
    ]


def _told_anew(ground: Ground, posted: Posted) -> bool:
    """Whether the request is told of in another message, because a bot died between the moment in
    which Slack took this one and the one in which it could note where it stands."""
    reader = ground.workspace.person("dev").reader
    name = ID.search(reader.message(posted))
    return bool(name) and any(
        other.ts > posted.ts and name and name[0] in reader.message(other)
        for other in said(ground.workspace)
        if not other.now.text.startswith(OPEN_SIGNS)
    )


def _forgotten(ground: Ground, posted: Posted) -> bool:
    """Whether it tells of something that only Redis knew of when that was emptied: what waited
    there, and what a bot was about that died. The bot then says in the channel that it was emptied,
    and nobody can say more."""
    if not ground.emptied:
        return False
    if not any(words in posted.now.text for words in WAITS):
        return ground.nobody_knows and not ground.store.rollouts.running()
    name = ID.search(ground.workspace.person("dev").reader.message(posted))
    store = ground.store
    return not name or not (store.approvals.get(name[1]) or store.queue.get(name[1]))
