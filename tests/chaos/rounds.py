"""A round of chaos: faults hit while people work; then all is made well, everything comes to rest,
and what happened is judged."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.faults import Fault, Struck, strike
from tests.chaos.ground import SERVICES, Ground
from tests.chaos.invariants import Round, left, shown_open
from tests.chaos.people import PEOPLE, Crowd
from tests.chaos.wire import image_of
from tests.scenario.running import eventually
from tests.story import state_of

BEGIN_WITHIN = 11.0
"""Seconds in which all faults of a round begin."""
RESTS_WITHIN = 75.0
"""Seconds that everything has to come to its end: a deploy has 30, an intent is young for 30."""
LOG_AT_MOST = 15_000


@dataclass
class Told:
    """How a round went."""

    seed: str
    struck: list[Struck]
    seconds: float
    rested_in: float
    changes: int
    violations: list[str] = field(default_factory=list)
    evidence: str = ""

    def __str__(self) -> str:
        return (
            f"round {self.seed}: {len(self.struck)} faults, {self.changes} changes, "
            f"{self.seconds:.0f} s (at rest after {self.rested_in:.0f} s), "
            f"{len(self.violations)} violations"
        )


def play(ground: Ground, seed: str, kinds: Sequence[Fault]) -> Told:
    """One round with these faults; the seed chooses when, on what, and what people do."""
    begun, dice = time.monotonic(), random.Random(seed)
    ground.workspace.state.forget()
    ground.emptied_at, ground.killed = 0.0, False
    ground.make_whole()
    for bot in ground.bots:
        bot.process.story_begins()
    first_deed, first_entry = len(ground.journal.deeds), ground.store.audit.head().entries
    images = {name: image_of(ground.site.spec(name)) for name in SERVICES}

    crowd = Crowd(ground, seed)
    crowd.begin()
    try:
        struck = strike(ground, dice, kinds, BEGIN_WITHIN)
    finally:
        crowd.stop()
    ground.all_is_well()
    well_at = time.monotonic()
    rests = _comes_to_rest(ground, crowd)
    rested_in = time.monotonic() - well_at
    if ground.emptied:
        first_entry = 0
    deeds = ground.journal.deeds[first_deed:]
    judged = Round(ground, crowd.asked, deeds, first_entry, images)
    violations = [*rests, *judged.violations()]
    told = Told(seed, struck, 0.0, rested_in, sum(deed.taken for deed in deeds), violations)
    if violations:
        told.evidence = "\n".join(_evidence(ground, judged))
    told.seconds = time.monotonic() - begun
    return told


def _comes_to_rest(ground: Ground, crowd: Crowd) -> list[str]:
    """Wait until nothing is under way; what never ends is a violation, and told by the judge."""

    def rests() -> bool:
        crowd.refuse_what_waits()
        return not left(ground) and not shown_open(ground)

    try:
        eventually(rests, RESTS_WITHIN)
    except AssertionError:
        return [f"not at rest after {RESTS_WITHIN:.0f} s"]
    return []


def _evidence(ground: Ground, judged: Round) -> Iterator[str]:
    yield "---- what people did"
    yield from judged.asked.lines
    yield "---- what the engines were sent"
    first = judged.deeds[0].at if judged.deeds else 0.0
    yield from (f"{deed.at - first:5.1f} s  {deed}" for deed in judged.deeds)
    for name in PEOPLE:
        yield f"---- what {name} saw"
        yield from (
            f"{message.ts} {'(only you) ' if message.ephemeral else ''}{' ⇒ '.join(message.life)}"
            for message in ground.workspace.person(name).messages()
            if name == "dev" or message.ephemeral
        )
    yield "---- the audit"
    yield from (str(entry) for entry in judged.entries())
    for bot in ground.bots:
        yield f"---- the log of {bot.name}"
        yield bot.process.story_log[-LOG_AT_MOST:]
    yield "---- the Swarm"
    yield state_of(ground.cluster)
