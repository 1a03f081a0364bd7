"""The calls of one channel, in order, each tried until it succeeds.

No channel waits for another.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count

from bot.clock import Start, start_thread
from bot.log_ids import Trail, trail
from bot.poster.access import SlackAccess
from bot.poster.pace import Budget, Clock, Pace
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import FailedCall, judge

log = logging.getLogger(__name__)

_RETRIES = {Verdict.LIMITED: "limited", Verdict.STOPPED: "stopped"}

OnEvent = Callable[[str], None]
"""Called with the name of what happened, to be counted: `posted`, `edited`, `limited`, …"""


@dataclass(eq=False, slots=True)
class Call:
    """A call to Slack that waits.

    Calls of one `queue` keep their order; those of others may overtake. `run` makes the call and
    raises what the SDK raises; `dropped` is called when it will never be made. Edits draw on the
    shared budget, `urgent` ones first. `due` is the earliest time of the next try, `not_before` a
    bound that may move while the call waits; both are seconds of the lane's clock. `trail` leads to
    what it belongs to.
    """

    method: str
    queue: Hashable
    run: Callable[[], None]
    dropped: Callable[[], None] = lambda: None
    edit: bool = False
    urgent: bool = False
    not_before: Callable[[], float] = lambda: 0.0
    due: float = 0.0
    born: float = 0.0
    turn: int = 0
    attempts: int = 0
    trail: Trail = field(default_factory=trail)


@dataclass(frozen=True, slots=True)
class LaneContext:
    """What all lanes share."""

    pace: Pace
    clock: Clock
    budget: Budget
    on_event: OnEvent
    access: SlackAccess
    turns: count[int] = field(default_factory=count)
    start: Start = start_thread


class Lane:
    """The queues of one channel, and the thread that empties them.

    `retire` is called before an idle thread ends, and returns whether it may.
    """

    def __init__(self, key: str, context: LaneContext, retire: Callable[[Lane], bool]) -> None:
        self.key = key
        self.changed = threading.Condition()
        self._context = context
        self._retire = retire
        self._queues: dict[Hashable, deque[Call]] = {}
        self._limited: dict[str, float] = {}
        self._running: Call | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def put(self, call: Call) -> None:
        """Queue a call. An edit is merged with the one of its message that waits already.

        Where too many calls wait, the oldest is dropped.
        """
        with self.changed:
            call.born = self._context.clock()
            queue = self._queues.setdefault(call.queue, deque())
            if call.edit and queue and queue[-1] is not self._running:
                self._coalesce(queue[-1], call)
            else:
                call.turn = next(self._context.turns)
                queue.append(call)
                self._drop_excess()
            if self._thread is None and not self._stopping:
                self._thread = self._context.start(f"poster-{self.key}", self._work)
            self.changed.notify_all()

    def drained(self, timeout: float) -> bool:
        """Wait until no call is left; False where `timeout` seconds were too few."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._queues, max(0.0, timeout))

    def stop(self, timeout: float) -> None:
        """End the thread after its current call; calls that wait are not made."""
        with self.changed:
            self._stopping = True
            thread = self._thread
            self.changed.notify_all()
        if thread:
            thread.join(timeout)

    def end_if_idle(self) -> bool:
        """End the idle thread unless a call came meanwhile; return whether it ends."""
        with self.changed:
            if self._queues:
                return False
            self._thread = None
            return True

    def _coalesce(self, waiting: Call, call: Call) -> None:
        self._context.on_event("coalesced")
        waiting.born = call.born
        if call.urgent and not waiting.urgent:
            waiting.urgent, waiting.not_before = True, call.not_before
            # A call that was never tried can only have waited for budget, and an urgent one asks
            # for that anew.
            waiting.due = waiting.due if waiting.attempts else 0.0

    def _drop_excess(self) -> None:
        if sum(map(len, self._queues.values())) <= self._context.pace.most_waiting:
            return
        waiting = (
            call for queue in self._queues.values() for call in queue if call is not self._running
        )
        oldest = min(waiting, key=lambda call: (call.urgent, call.turn))
        self._remove(oldest)
        with oldest.trail.followed():
            log.error("%s: too many calls wait, dropped %s", self.key, oldest.method)
            self._context.on_event("dropped")
            oldest.dropped()

    def _remove(self, call: Call) -> None:
        queue = self._queues[call.queue]
        queue.remove(call)
        if not queue:
            del self._queues[call.queue]
        self.changed.notify_all()

    def _work(self) -> None:
        while True:
            call = self._next()
            if call:
                self._attempt(call)
            elif self._stopping or self._retire(self):
                return

    def send_due(self) -> bool:
        """Make the next call if it is due; whether there was one.

        For a lane without a thread, whose time somebody turns by hand.
        """
        with self.changed:
            call = self._begin()[0] if self._queues else None
        if call:
            self._attempt(call)
        return call is not None

    def _next(self) -> Call | None:
        """Wait for the next call that is due; None when stopping or idle."""
        with self.changed:
            while not self._stopping:
                if self._stays_idle():
                    return None
                if self._queues and (call := self._take_or_wait()):
                    return call
            return None

    def _stays_idle(self) -> bool:
        """Whether no call comes for as long as an idle thread is kept."""
        if self._queues:
            return False
        return not self.changed.wait(self._context.pace.idle) and not self._queues

    def _take_or_wait(self) -> Call | None:
        """The first call where it is due; else wait until it is, or until something changes."""
        call, wait = self._begin()
        if call is None:
            self.changed.wait(wait)
        return call

    def _begin(self) -> tuple[Call | None, float]:
        """The next call, as the running one; or None and the seconds until it is due."""
        now = self._context.clock()
        call = min(
            (queue[0] for queue in self._queues.values()),
            key=lambda head: self._order(head, now),
        )
        wait = self._due(call) - now
        if wait <= 0 and call.edit:
            wait = self._context.budget.take(urgent=call.urgent)
            call.due = now + wait
        if wait > 0:
            return None, wait
        self._running = call
        return call, 0.0

    def _due(self, call: Call) -> float:
        return max(call.due, call.not_before(), self._limited.get(call.method, 0.0))

    def _order(self, call: Call, now: float) -> tuple[float, bool, int]:
        """Calls that are due come first, urgent ones before others, then in their order."""
        return max(self._due(call), now), not call.urgent, call.turn

    def _attempt(self, call: Call) -> None:
        with call.trail.followed():
            self._make(call)

    def _make(self, call: Call) -> None:
        try:
            call.run()
        except Exception as error:
            failure = judge(error)
            if failure is None:
                log.exception("%s: %s failed inside the bot", self.key, call.method)
                failure = FailedCall(Verdict.NOT_HERE, type(error).__name__)
            self._failed(call, failure)
        else:
            self._context.access.answered(call.method)
            self._finish(call)

    def _failed(self, call: Call, failure: FailedCall) -> None:
        now = self._context.clock()
        if not failure.known:
            self._context.on_event("unknown_error")
        if failure.verdict is Verdict.STOPPED:
            self._context.access.failed(failure)
            self._retry(call, failure, now)
        elif failure.verdict not in (Verdict.LIMITED, Verdict.AWAY):
            self._drop(call, failure, "failed")
        elif now - call.born >= self._context.pace.patience:
            self._drop(call, failure, "given_up")
        else:
            self._retry(call, failure, now)

    def _retry(self, call: Call, failure: FailedCall, now: float) -> None:
        with self.changed:
            call.attempts += 1
            if failure.verdict is Verdict.LIMITED:
                self._limited[call.method] = now + failure.wait
            elif failure.verdict is Verdict.STOPPED:
                # However long that lasts: what is said meanwhile waits for the operator.
                call.due = call.born = now + self._context.pace.stopped
            else:
                call.due = now + self._context.pace.retry_after(call.attempts)
            self._running = None
            self._yield_to_newer(call)
        self._context.on_event(_RETRIES.get(failure.verdict, "retried"))
        log.info("%s: %s: %s, trying again", self.key, call.method, failure.error)

    def _yield_to_newer(self, call: Call) -> None:
        """Let an edit that came while this one failed take its place, with its waiting time."""
        queue = self._queues[call.queue]
        if call.edit and len(queue) > 1:
            queue[1].attempts, queue[1].due = call.attempts, call.due
            self._remove(call)

    def _drop(self, call: Call, failure: FailedCall, event: str) -> None:
        log.error(
            "%s: %s: %s after %d tries", self.key, call.method, failure.error, call.attempts + 1
        )
        self._context.on_event(event)
        call.dropped()
        self._finish(call)

    def _finish(self, call: Call) -> None:
        with self.changed:
            self._running = None
            self._remove(call)
