"""Everything that may happen to requests for approval, in any order, on a real Redis with two bots
that die at will.

Whatever happens: nothing runs twice, nothing runs without the approvals that it needs or on another
plan than was approved, and every request comes to an end that somebody can read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    NotApproverError,
    NotRequesterError,
    SelfApprovalError,
)
from bot.model import Actor, Plan
from bot.model.approval import LIFETIME, Approval, ApprovalState, Needs
from bot.policy import approval_steps
from bot.store.approvals import ApprovalStore

from .conftest import NOW, SIGNER

PEOPLE = tuple(Actor(f"U{number}", f"person{number}") for number in range(4))
LEADS = {"U1", "U2", "U3"}
REFUSALS = (
    ApprovalClosedError,
    AlreadyApprovedError,
    NotApproverError,
    NotRequesterError,
    SelfApprovalError,
)

people = st.sampled_from(PEOPLE)
bots = st.sampled_from([0, 1])
clicks = st.lists(people, min_size=2, max_size=6)
fates = st.sampled_from(
    ["runs", "runs", "later", "dies at once", "dies before it runs", "dies while it runs"]
)


def roles(actor: Actor) -> frozenset[str]:
    return frozenset({"lead"} if actor.id in LEADS else ())


@dataclass
class Known:
    """What the model knows of one request: who really approved it, and how often it ran."""

    asker: str
    count: int
    fingerprint: str
    approved: set[str] = field(default_factory=set)
    over: bool = False
    runs: int = 0


class Interleavings(RuleBasedStateMachine):
    """People, clocks, bots and the Swarm, each taking one step at a time."""

    requests = Bundle("requests")

    def __init__(self, redis: Redis, other_redis: Redis) -> None:
        super().__init__()
        redis.flushall()
        self.stores = (ApprovalStore(redis, SIGNER), ApprovalStore(other_redis, SIGNER))
        self.now, self.world, self.number = NOW, 0, 0
        self.known: dict[str, Known] = {}
        self.in_hand: list[list[Approval]] = [[], []]
        self.lives = [0, 0]

    # ---- people

    @precondition(lambda self: len(self.known) < 4)
    @rule(target=requests, asker=people, count=st.integers(1, 2))
    def ask(self, asker: Actor, count: int) -> str:
        return self._ask(asker, count)

    @initialize(target=requests, asker=people, count=st.integers(1, 2))
    def somebody_asks(self, asker: Actor, count: int) -> str:
        return self._ask(asker, count)

    @rule(target=requests, request=requests, actors=clicks, bot=bots, fate=fates)
    def approve(self, request: str, actors: list[Actor], bot: int, fate: str) -> object:
        """Clicks, as the bots handle them: where the plan has moved, the new one is shown; the last
        click is acted on."""
        approval, known = self._read(request), self.known[request]
        if (
            approval.state is ApprovalState.OPEN
            and approval.plan.fingerprint != self._plan().fingerprint
        ):
            return self._renew(approval, bot)
        for actor in actors:
            fresh = actor.id not in known.approved and actor.id != known.asker and actor.id in LEADS
            expected = (
                fresh
                and not known.over
                and len(known.approved) < known.count
                and self.now < approval.expires
            )
            approve = partial(approval_steps.approve, actor=actor, roles=roles(actor), now=self.now)
            assert self._try(bot, request, approve) == expected
            if expected:
                known.approved.add(actor.id)
        if fate == "dies at once":
            self.die(bot)
            return multiple()
        self.take(request, [bot, 1 - bot])
        return self._meet(fate, bot)

    @rule(request=requests, actor=people, bot=bots)
    def reject(self, request: str, actor: Actor, bot: int) -> None:
        waiting = self._waiting(request)
        done = self._try(
            bot, request, lambda a: approval_steps.reject(a, actor, roles(actor), "no", self.now)
        )
        assert done == (waiting and actor.id in LEADS)
        self.known[request].over |= done

    @rule(request=requests, actor=people, bot=bots)
    def withdraw(self, request: str, actor: Actor, bot: int) -> None:
        waiting = self._waiting(request)
        done = self._try(bot, request, lambda a: approval_steps.withdraw(a, actor, self.now))
        assert done == (waiting and actor.id == self.known[request].asker)
        self.known[request].over |= done

    # ---- the world

    @rule(minutes=st.sampled_from([1, 9, 20, -30]))
    def time_goes_by(self, minutes: int) -> None:
        """Clocks may also jump back."""
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_service_changes(self) -> None:
        self.world += 1

    # ---- bots

    @rule(bot=bots)
    def look_at_the_clock(self, bot: int) -> None:
        for late in self.stores[bot].due(self.now):
            ended = self.stores[bot].apply(late.id, lambda a: approval_steps.expire(a, self.now))
            self.known[late.id].over |= ended is not None

    @rule(order=st.permutations([0, 1]))
    def find_what_was_approved(self, order: list[int]) -> None:
        for approval in self.stores[0].approved():
            self.take(approval.id, order)

    def take(self, request: str, order: list[int]) -> None:
        """Both bots try."""
        known, approval = self.known[request], self._read(request)
        if approval.state is ApprovalState.APPROVED and self._is_outdated(approval):
            # It is planned again when its lock is there, before a bot claims it.
            self._renew(approval, order[0])
            return
        for bot in order:
            claim = partial(approval_steps.claim, bot=self._name(bot), now=self.now)
            applied = self.stores[bot].apply(request, claim)
            if applied:
                assert not known.over
                assert len(known.approved) >= known.count
                known.over = True
                self.in_hand[bot].append(applied)

    @rule(target=requests, bot=bots, fate=fates)
    def go_on_with_what_is_in_hand(self, bot: int, fate: str) -> object:
        return self._meet(fate, bot)

    def _meet(self, fate: str, bot: int) -> object:
        if fate == "later" or not self.in_hand[bot]:
            return multiple()
        if fate == "dies before it runs":
            self.die(bot)
            return multiple()
        approval = self.in_hand[bot].pop(0)
        if approval.plan.fingerprint != self._plan().fingerprint:
            # Others changed it after it was planned under its lock: Swarm refuses the update.
            self.stores[bot].apply(
                approval.id, lambda a: approval_steps.finish(a, "moved", self.now)
            )
            return multiple()
        if self.stores[bot].apply(
            approval.id, lambda a: approval_steps.begin(a, f"run-{approval.id}")
        ):
            self.known[approval.id].runs += 1
            assert self.known[approval.id].fingerprint == self._plan().fingerprint
            self.world += 1
        if fate == "dies while it runs":
            self.die(bot)
        else:
            self.stores[bot].apply(
                approval.id, lambda a: approval_steps.finish(a, "done", self.now)
            )
        return multiple()

    def die(self, bot: int) -> None:
        """What the bot had in hand is gone; the next one has another name."""
        self.in_hand[bot].clear()
        self.lives[bot] += 1

    @rule(bot=bots)
    def find_what_the_dead_left(self, bot: int) -> None:
        alive = (self._name(0), self._name(1))
        for left in self.stores[bot].claimed():
            if left.bot not in alive:
                words = "interrupted" if left.run else "did not run"
                finish = partial(approval_steps.finish, result=words, now=self.now)
                assert self.stores[bot].apply(left.id, finish)

    # ---- always

    @invariant()
    def nothing_runs_twice_or_without_approval(self) -> None:
        for known in self.known.values():
            assert known.runs <= 1
            assert not known.runs or len(known.approved) >= known.count
            assert known.asker not in known.approved

    @invariant()
    def no_request_is_lost(self) -> None:
        store = self.stores[0]
        listed = [approval.id for approval in (*store.open(), *store.approved(), *store.claimed())]
        assert len(listed) == len(set(listed))
        for name, known in self.known.items():
            approval = self._read(name)
            assert (name in listed) == (not approval.state.ended)
            assert not known.runs or approval.run
            assert approval.state is not ApprovalState.REPLACED or approval.successor in self.known

    def teardown(self) -> None:
        """In the end every bot dies, a new one looks, and time runs out: then everything has
        ended."""
        self.die(0)
        self.die(1)
        self.find_what_the_dead_left(0)
        self.now += 10 * LIFETIME
        self.look_at_the_clock(1)
        for name, known in self.known.items():
            approval = self._read(name)
            assert approval.state.ended
            assert approval.ended
            assert (approval.state is ApprovalState.DONE and bool(approval.run)) == bool(known.runs)

    # ---- parts

    def _is_outdated(self, approval: Approval) -> bool:
        return approval.plan.fingerprint != self._plan().fingerprint

    def _id(self) -> str:
        self.number += 1
        return f"a{self.number}"

    def _plan(self) -> Plan:
        return Plan(
            title="web", targets=("service:s1",), fingerprint=f"f{self.world}", services=("web",)
        )

    def _name(self, bot: int) -> str:
        return f"bot-{bot}-{self.lives[bot]}"

    def _ask(self, asker: Actor, count: int) -> str:
        approval = Approval(
            id=self._id(),
            command={"name": "deploy"},
            line="deploy web shop/web:2.0",
            actor=asker,
            plan=self._plan(),
            needs=Needs(("lead",), count),
            asked=self.now,
            expires=self.now + LIFETIME,
            channel="C1",
        )
        self.stores[0].create(approval)
        return self._note(approval)

    def _note(self, approval: Approval) -> str:
        self.known[approval.id] = Known(
            approval.actor.id, approval.needs.count, approval.plan.fingerprint
        )
        return approval.id

    def _renew(self, approval: Approval, bot: int) -> object:
        new = approval_steps.renewed(approval, self._id(), self._plan(), approval.needs, self.now)
        supersede = partial(approval_steps.supersede, successor=new, now=self.now)
        if not self.stores[bot].replace(approval.id, new, supersede):
            assert self._read(approval.id).state.ended
            return multiple()
        self.known[approval.id].over = True
        return self._note(new)

    def _read(self, request: str) -> Approval:
        approval = self.stores[0].get(request)
        assert approval
        return approval

    def _waiting(self, request: str) -> bool:
        return self._read(request).state.waiting and self.now < self._read(request).expires

    def _try(self, bot: int, request: str, step: Callable[[Approval], Approval]) -> bool:
        try:
            self.stores[bot].apply(request, step)
        except REFUSALS:
            return False
        return True


def test_whatever_happens_in_whatever_order(redis: Redis, other_redis: Redis) -> None:
    def machine() -> Interleavings:
        return Interleavings(redis, other_redis)

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # any call that makes a machine will do
        settings=settings(
            max_examples=150,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
