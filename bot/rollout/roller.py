"""Rolls one service to another specification and follows it to its end.

It goes on across a restart of the bot.

Swarm does the rolling; the bot posts the specification once, watches, and rolls back when Swarm
pauses or a person asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot import traces
from bot.clock import SteadyClock, Stopping
from bot.errors import (
    ChangeInterruptedError,
    ChangeUnsureError,
    LeaseLostError,
    StoreUnavailableError,
    UnknownNameError,
)
from bot.model import Ending, Outcome, Phase, Progress, Rollout, Service, Spec
from bot.rollout.follower import FOLLOW_SECONDS, Follower
from bot.rollout.left import judge_left, was_changed
from bot.rollout.outside import note_outside
from bot.rollout.posting import Posting, wanted_hash
from bot.rollout.run import Run, StoppingError
from bot.rollout.steps import Steps
from bot.rollout.turning_back import STOPPED, RollbackSender, TurningBack
from bot.spans import Attributes
from bot.store.store import Store
from bot.swarm.engine.fence import Fence
from bot.swarm.spec.edit import fingerprint, image_of
from bot.swarm.spec.read import replicas
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import AWAY

log = logging.getLogger(__name__)

GO_ON_AFTER = 1.0
"""Seconds before a paused update is posted again as it stands: within the moment of the pause (20
ms were seen) Swarm takes it for the update that is just ending, and does nothing for 15 s."""
ENDINGS = {
    Phase.COMPLETED: Ending.DONE,
    Phase.ROLLED_BACK: Ending.ROLLED_BACK,
    Phase.PAUSED: Ending.PAUSED,
    Phase.ROLLBACK_PAUSED: Ending.PAUSED,
    Phase.SUPERSEDED: Ending.SUPERSEDED,
    Phase.FAILED: Ending.FAILED,
    Phase.TIMED_OUT: Ending.TIMED_OUT,
    Phase.UNFOLLOWED: Ending.UNFOLLOWED,
    Phase.REMOVED: Ending.FAILED,
}


@dataclass(frozen=True)
class Roller:
    """Begins and follows rollouts. `stopping` is set when the bot is about to end.

    `log_tail`: the last lines of a task that failed are told with its end.
    """

    swarm: Swarm
    store: Store
    now: Callable[[], datetime]
    stopping: Stopping
    log_tail: bool = True

    def fenced_by(self, fence: Fence, clock: SteadyClock) -> Roller:
        """The same for who may change services while this fence stands, in the time of one
        change."""
        return replace(self, swarm=self.swarm.fenced_by(fence), now=clock.now)

    def run(self, rollout: Rollout, service: Service, spec: Spec, run: Run) -> Outcome:
        """Post the specification and follow it to its end.

        Raises PlanOutdatedError where somebody changed the service since it was planned, and what
        the engine refuses.
        """
        rollout = replace(
            rollout,
            before_hash=fingerprint(service.spec),
            previous_hash=fingerprint(service.previous) if service.previous else "",
            wanted_hash=wanted_hash(rollout, service, spec),
            engine_time=service.updated,
            audit=run.audit,
            channel=run.channel,
            thread=run.thread,
            shown_as=run.shown_as,
            approved_by=run.approved_by,
            trace=run.trace,
        )
        judge_left(self.store, service, rollout, run.lease.fence)
        note_outside(self.store, service, self.now())
        rollout = self._with_revision(rollout)
        self.store.rollouts.save(rollout, run.lease.fence)
        run.show(rollout, Progress(Phase.ROLLING, 0, service.replicas or 0))
        if rollout.goes_on and self.stopping.wait(GO_ON_AFTER):
            raise StoppingError
        try:
            self._posting.post(service, spec, rollout)
        except (StoppingError, LeaseLostError):
            # Left as it is: whoever finds the record ends it, and its message with it.
            raise
        except Exception:
            self.close(rollout, Ending.FAILED, run.lease.fence)
            raise
        return self.resume(self._posted(rollout, run), run)

    def create(self, rollout: Rollout, spec: Spec, run: Run) -> Outcome:
        """Create a service and follow it until it runs as it should.

        Until it is there it is recorded by its name, which is locked; then the lease covers it by
        its id too. Raises what the engine refuses.
        """
        rollout = replace(
            rollout,
            creates=True,
            service_id=run.lease.locks[0].target.removeprefix("service:"),
            service=spec.get("Name") or "a service",
            wanted_hash=fingerprint(spec),
            audit=run.audit,
            channel=run.channel,
            thread=run.thread,
            shown_as=run.shown_as,
            approved_by=run.approved_by,
            trace=run.trace,
        )
        self.store.rollouts.save(rollout, run.lease.fence)
        run.show(rollout, Progress(Phase.ROLLING, 0, replicas(spec) or 0))
        try:
            service = self._posting.created(spec, rollout.with_auth)
        except LeaseLostError:
            # Left as it is: whoever finds the record ends it, and its message with it.
            raise
        except Exception:
            self.close(rollout, Ending.FAILED, run.lease.fence)
            raise
        return self.resume(self._known_by_id(rollout, service, run), run)

    def resume(self, rollout: Rollout, run: Run) -> Outcome:
        """Follow a rollout whose specification is posted, from wherever it stands, to its end."""
        steps = Steps(self.stopping.monotonic)
        progress = Progress(Phase.ROLLING, 0, 0)
        follower = Follower(self.swarm, self.now, self.stopping, self.log_tail)
        noted: Attributes = {
            "swarmbot.services": (rollout.service,),
            "swarmbot.rollout": rollout.id,
        }
        with traces.span("follow rollout", noted, counts=True) as span:
            for rollout, progress in self._watched(follower, rollout, run):  # noqa: B020, PLR1704 - the last pair is the outcome
                steps.add(progress, self.now())
                steps.show(rollout, progress, run)
            span.note({"swarmbot.outcome": ENDINGS[progress.phase].value})
        return Outcome(
            ending=ENDINGS[progress.phase],
            title=rollout.service,
            seconds=(self.now() - rollout.started).total_seconds(),
            rollout=rollout,
            progress=progress,
            steps=tuple(steps.seen),
        )

    def recover(self, rollout: Rollout, run: Run) -> Outcome:
        """Go on with a rollout that another bot left.

        Raises ChangeInterruptedError where it had not posted anything yet, ChangeUnsureError where
        nobody can tell.
        """
        if rollout.spec_hash:
            return self.resume(rollout, run)
        try:
            rollout = (
                self._created_before(rollout, run)
                if rollout.creates
                else self._posted_before(rollout, run)
            )
        except (*AWAY, UnknownNameError, ChangeInterruptedError, ChangeUnsureError) as error:
            # Closed, or the next look for rollouts that nobody follows would find it again.
            if not rollout.part_of:
                self.close(rollout, Ending.FAILED, run.lease.fence)
            if isinstance(error, AWAY):
                raise ChangeUnsureError(rollout.service) from None
            raise
        return self.resume(rollout, run)

    def close(self, rollout: Rollout, ending: Ending, fence: int) -> None:
        """Write down the end; from then on nobody goes on with it."""
        if rollout.revision:
            self.store.revisions.conclude(rollout.service_id, rollout.revision, ending)
        self.store.rollouts.finish(rollout, fence)
        if ending is Ending.DONE:
            self.store.sealed.forget(rollout.sealed)

    # ---- the steps

    @property
    def _posting(self) -> Posting:
        return Posting(self.swarm, self.store, self.now, self.stopping)

    def _posted(self, rollout: Rollout, run: Run) -> Rollout:
        """Remember the specification as the engine wrote it.

        A change by somebody else then shows. Where no manager answers any more it is what was
        wanted.
        """
        try:
            written = fingerprint(self._posting.seen(rollout).spec)
        except AWAY:
            if not rollout.wanted_hash:
                raise ChangeUnsureError(rollout.service) from None
            written = rollout.wanted_hash
        rollout = replace(rollout, spec_hash=written)
        self._note(rollout, run)
        return rollout

    def _posted_before(self, rollout: Rollout, run: Run) -> Rollout:
        """The rollout of a service that another bot may have updated.

        Raises ChangeInterruptedError where nobody did.
        """
        service = self._posting.seen(rollout)
        if rollout.overtaken or not was_changed(rollout, service):
            raise ChangeInterruptedError(rollout.service)
        # Where it is not what was wanted, somebody else changed it, and the first look shows that.
        rollout = replace(rollout, spec_hash=rollout.wanted_hash or fingerprint(service.spec))
        self._note(rollout, run)
        return rollout

    def _created_before(self, rollout: Rollout, run: Run) -> Rollout:
        """The rollout of a service that another bot may have created.

        Raises ChangeInterruptedError where there is none of that name.
        """
        service = self._posting.found(rollout)
        if image_of(service.spec) != rollout.after:
            # Somebody else's, and the first look shows that.
            rollout = replace(rollout, spec_hash=rollout.wanted_hash)
        return self._known_by_id(rollout, service, run)

    def _known_by_id(self, rollout: Rollout, service: Service, run: Run) -> Rollout:
        by_name = rollout.service_id
        rollout = replace(
            rollout,
            service_id=service.id,
            service=service.name,
            version=service.version,
            spec_hash=rollout.spec_hash or fingerprint(service.spec),
        )
        with suppress(StoreUnavailableError):
            run.lease.extend(f"service:{service.id}")
            added = self.store.revisions.add(
                service.id, rollout.after, self.now(), rollout.actor.name, rollout.verb
            )
            rollout = replace(rollout, revision=added.number)
            self.store.rollouts.save(rollout, run.lease.fence)
            self.store.rollouts.forget_service(by_name)
        return rollout

    def _note(self, rollout: Rollout, run: Run) -> None:
        """Write down where the rollout stands.

        It goes on without Redis, for Swarm does not wait either.
        """
        try:
            self.store.rollouts.save(rollout, run.lease.fence)
        except StoreUnavailableError:
            log.warning("%s goes on unrecorded: Redis is away", rollout.service)

    def _watched(
        self, follower: Follower, rollout: Rollout, run: Run
    ) -> Iterator[tuple[Rollout, Progress]]:
        """Every look at the rollout, with the rollout as it is then.

        A rollback is asked for in between, where a person wishes it or Swarm paused.
        """
        rollbacks = RollbackSender(self.swarm, self.store, self.now)
        turning, again = TurningBack(self.stopping.monotonic, causes=rollout.causes), True
        while again:
            again = False
            for progress in follower.follow(lambda: rollout):  # noqa: B023 - the newest is wanted
                self._may_go_on(run)
                wish = rollbacks.wish(rollout, progress)
                leaver = self._leaver(rollout) if wish or not progress.phase.ended else ""
                if leaver:
                    left = replace(progress, phase=Phase.UNFOLLOWED)
                    yield replace(rollout, unfollowed_by=leaver), turning.explained(left)
                    return
                if wish and turning.is_due:
                    rollout = rollbacks.send(rollout, wish, progress, run, turning)
                stopped = progress.phase in STOPPED
                again = stopped and bool(wish) and not turning.refusal
                if again:
                    turning.causes = progress.findings
                    break
                yield rollout, turning.explained(progress)
            if again and self.stopping.wait(FOLLOW_SECONDS):
                raise StoppingError

    def _leaver(self, rollout: Rollout) -> str:
        """Who asked to follow it no more; empty where nobody did, or Redis is away."""
        with suppress(StoreUnavailableError):
            leaver = self.store.rollouts.unfollow_wish(rollout.id)
            return leaver.name if leaver else ""
        return ""

    def _may_go_on(self, run: Run) -> None:
        if self.stopping.is_set():
            raise StoppingError
        if run.lease.lost and self._store_answers():
            run.lease.check()

    def _store_answers(self) -> bool:
        """A lease that ran out while Redis is away is nobody else's yet: only Redis can say."""
        try:
            self.store.ping()
        except StoreUnavailableError:
            return False
        return True

    def _with_revision(self, rollout: Rollout) -> Rollout:
        if rollout.after == rollout.before:
            return rollout
        revision = self.store.revisions.add(
            rollout.service_id, rollout.after, self.now(), rollout.actor.name, rollout.verb
        )
        return replace(rollout, revision=revision.number)
