"""Two bots, three people, one Swarm, and everything that can go wrong, in any order."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from bot.settings import PolicyRule, Role
from playground.workspace.model import BOT_USER, Posted, Version
from playground.workspace.person import SENT_OF_BUTTON
from playground.workspace.surfaces import Message
from tests.memory.model.audit_judge import untrue
from tests.memory.model.journal import LET_GO, MOST_UNAPPROVED, ON, TIMEOUT, Journal
from tests.memory.model.misfortunes import Misfortunes, names
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.world import DEV, LEAD, OPS, World

ROLES = (
    Role(name="operator", users=(DEV, OPS)),
    Role(name="lead", users=(LEAD, OPS)),
)
RULES = (
    PolicyRule(
        commands=("service scale",),
        ask=("operator", "lead"),
        approve=("lead",),
        over_replicas=MOST_UNAPPROVED,
    ),
    PolicyRule(
        commands=("deploy", "rollback"),
        services=("api",),
        ask=("operator", "lead"),
        approve=("lead",),
    ),
    PolicyRule(commands=("*",), ask=("operator", "lead")),
)
PEOPLE = ("dev", "lead", "ops")
MOMENT = 1.2
"""Seconds after which people do the next thing, at the least."""
SETTLES_WITHIN = 900.0
OPEN_SIGNS = ("🔵", "⏳")

people = st.sampled_from(PEOPLE)


class Machine(Misfortunes):
    """One run. Rules are what people and the world do; after each the bots get a little time."""

    made_of: type[MemoryBot] = MemoryBot

    def __init__(self) -> None:
        super().__init__()
        self.world = World(ROLES, RULES, bots=2, made_of=self.made_of)
        self.world.runs("web")
        self.world.runs("api")
        self.journal = Journal(self.world)
        self.world.swarm.on_change = self.journal.note
        self.tags = count(10)
        self.checked: dict[tuple[str, str], int] = {}
        flush = self.world.clock.settle

        def settle() -> None:
            flush()
            self.journal.look()
            self._read()

        self.world.clock.settle = settle

    # ---- what people do

    @rule(
        who=people,
        name=names,
        fate=st.sampled_from(("good", "good", "exits", "sick")),
        delay=st.sampled_from(("", " --delay 2s")),
    )
    def deploy(self, who: str, name: str, fate: str, delay: str) -> None:
        image = f"shop/{name}:{next(self.tags)}"
        behaviour: dict[str, dict[str, Any]] = {"exits": {"exits": 3}, "sick": {"healthy": False}}
        self.world.registry.push(image, **behaviour.get(fate, {}))
        self.journal.asked.deploys[image] += 1
        self.journal.asked.first_asked[image] = self.world.clock.seconds
        self._type(who, f"deploy {name} {image} --timeout {TIMEOUT}s{delay}")

    @rule(who=people, name=names, replicas=st.integers(1, 5))
    def scale(self, who: str, name: str, replicas: int) -> None:
        self.journal.asked.scales[name] += 1
        self._type(who, f"scale {name}={replicas} --timeout {TIMEOUT}s")

    @rule(who=people, name=names)
    def roll_back(self, who: str, name: str) -> None:
        self.journal.asked.rollbacks[name] += 1
        self._type(who, f"rollback {name} --timeout {TIMEOUT}s")

    @rule(who=people, name=names)
    def unfollow(self, who: str, name: str) -> None:
        """Let the rollout of a service run without the bots."""
        self.journal.asked.unfollows[name] += 1
        self._type(who, f"unfollow {name}")

    @rule(who=people)
    def withdraw(self, who: str) -> None:
        """Take a request back: the newest one, which may be somebody else's."""
        living = [bot for bot in self.world.bots if not bot.party.crashed]
        if living and not self.world.redis.away:
            requests = self._store().approvals.open()
            request_id = requests[-1].id if requests else "0badc0de"
            self._type(who, f"withdraw {request_id}")

    @precondition(lambda self: self._buttons())
    @rule(
        who=people,
        data=st.data(),
        twice=st.booleans(),
        second_person=people,
    )
    def click(self, who: str, data: st.DataObject, twice: bool, second_person: str) -> None:
        """Any button that anybody ever saw, at times by two people at once."""
        buttons = self._buttons()
        number = data.draw(st.integers(0, len(buttons) - 1), "button, from the newest")
        message, block, button = buttons[-1 - number]
        self._press(who, message, block, button)
        if twice:
            self._press(second_person, message, block, button)
        self.world.clock.run(lambda: False, MOMENT)

    # ---- what has to be true

    @invariant()
    def nothing_wrong_was_done(self) -> None:
        assert not self.journal.violations, "\n".join(self.journal.violations)

    def teardown(self) -> None:
        try:
            self._all_is_well_again()
            self._settled()
            self.nothing_wrong_was_done()
            self._no_message_waits_for_ever()
            self._everything_ends()
            self._audit_is_true()
        finally:
            self.world.end()

    def _settled(self) -> None:
        clock = self.world.clock
        clock.run(clock.is_idle, SETTLES_WITHIN)
        # A lease ends, an intent is no longer young, and what is found then comes to its end.
        clock.leap(40)
        clock.run(lambda: clock.is_idle() and not self._store().rollouts.running(), SETTLES_WITHIN)
        assert clock.is_idle(), "something is under way for ever"
        for bot in self.world.bots:
            bot.party.wall_ahead = 0.0
        clock.leap(3600 + 1900)
        clock.run(clock.is_idle, 120)
        clock.run(lambda: False, 3)

    def _no_message_waits_for_ever(self) -> None:
        for posted in self._said():
            text = self._text(posted.now)
            if self._is_forgotten(posted, text):
                continue
            assert not text.startswith((*OPEN_SIGNS, "🟡")), f"shown for ever:\n{text}"

    def _is_forgotten(self, posted: Posted, text: str) -> bool:
        """Whether Redis lost what a bot would know of it: requests are nowhere else, and changes
        only in the bot that makes them."""
        crashed = any(bot.party.crashed for bot in self.world.bots)
        # Slack dates a message by the microsecond, a run by the float.
        lost = self._seconds(posted) <= self.emptied_at + 0.001
        return lost and (crashed or text.startswith("🟡"))

    def _everything_ends(self) -> None:
        store = self._store()
        assert not store.rollouts.running(), "a record stays"
        assert not store.locks.all(), "a lock stays"
        assert not store.approvals.claimed(), "a request stays"
        assert not store.audit.open_intents(), "the audit does not know how a change ended"

    def _audit_is_true(self) -> None:
        if self.emptied_at < 0:
            untrue_lines = untrue(self._store().audit.entries(limit=1000), self.journal)
            assert not untrue_lines, "\n".join(untrue_lines)

    # ---- parts

    def _store(self) -> Any:
        return next(bot for bot in self.world.bots if not bot.party.crashed).store

    def _type(self, who: str, line: str) -> None:
        self.world.person(who).types(f"/swarm {line}")
        self.world.clock.run(lambda: False, MOMENT)

    def _said(self) -> list[Posted]:
        """What the bots said in the channel, the oldest first."""
        return [
            posted
            for posted in self.world.slack.state.messages.values()
            if posted.user == BOT_USER and not posted.thread_ts and not posted.only_for
        ]

    def _buttons(self) -> list[tuple[Posted, Any, dict[str, Any]]]:
        """Every button that was ever shown: message, block and element, the oldest first."""
        buttons: dict[tuple[str, str, str], tuple[Posted, Any, dict[str, Any]]] = {}
        for posted in self._said():
            for version in posted.versions:
                for block in version.blocks:
                    for element in block.get("elements", ()):
                        if element.get("type") == "button" and element.get("value"):
                            button_key = posted.ts, element["text"]["text"], element["value"]
                            buttons[button_key] = posted, block, element
        return list(buttons.values())

    def _press(self, who: str, posted: Posted, block: Any, button: dict[str, Any]) -> None:
        person, label = self.world.person(who), button["text"]["text"]
        message = Message(self.world.slack.state, person.reader, (posted.channel, posted.ts))
        text = message.shown
        self._count(who, label, str(button["value"]), text)
        action = {name: button[name] for name in SENT_OF_BUTTON if name in button}
        person.controls.act(message, block, action)

    def _count(self, who: str, label: str, value: str, text: str) -> None:
        asked = self.journal.asked
        if label == "Approve" and who != "dev":
            asked.approved.append(text)
        for image in [image for image in asked.deploys if image in value + " "]:
            asked.deploys[image] += label == "Retry"
        for name in ("web", "api"):
            if name in text:
                asked.scales[name] += label == "Retry"
                asked.rollbacks[name] += "oll back" in label

    def _text(self, version: Version) -> str:
        reader = self.world.person("dev").reader
        return reader.blocks(version.blocks, {}) if version.blocks else reader.mrkdwn(version.text)

    def _read(self) -> None:
        """Judge what messages say that were not read yet."""
        for posted in self._said():
            place = posted.channel, posted.ts
            if self.checked.get(place, -1) < posted.now.seq:
                self.checked[place] = posted.now.seq
                self._judge(posted)

    def _judge(self, posted: Posted) -> None:
        text = self._text(posted.now)
        runs, let_go = ON.match(text), LET_GO.match(text)
        if runs and not self.journal.ran_only(
            runs[1], runs[2], self.journal.begun(runs[2], self._seconds(posted)) - 1
        ):
            self.journal.violations.append(f"not true: {text}")
        if let_go:
            self.journal.let_go[let_go[2] or ""] = self.world.clock.seconds
            if not self.journal.asked.unfollows[let_go[1]]:
                self.journal.violations.append(f"nobody asked for that: {text}")

    def _seconds(self, posted: Posted) -> float:
        """When it was posted, by the clock of the run."""
        return posted.versions[0].at - self.world.slack.state.clock() + self.world.clock.seconds
