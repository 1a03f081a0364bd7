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

from bot.clock import SteadyClock, Stopping
from bot.errors import (
    NO_MANAGER,
    ChangeInterruptedError,
    EngineRefusedError,
    OutcomeUnknownError,
    OutOfSequenceError,
    PlanOutdatedError,
    StoreUnavailableError,
    UnknownNameError,
)
from bot.model import Ending, Outcome, Phase, Progress, ResolvedImage, Rollout, Service, Spec
from bot.model.rollout import BOT
from bot.rollout.follower import FOLLOW_SECONDS, Follower
from bot.rollout.outside import note_outside
from bot.rollout.run import Run, StoppingError
from bot.rollout.steps import Steps
from bot.rollout.turning_back import TurningBack
from bot.store.store import Store
from bot.swarm.engine.fence import Fence
from bot.swarm.spec.edit import fingerprint, image_of, with_image
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import AWAY

log = logging.getLogger(__name__)

UPDATE_ATTEMPTS = 4
"""How often the specification is sent where only the version of the service moved meanwhile."""
GO_ON_AFTER = 1.0
"""Seconds before a paused update is posted again as it stands: within the moment of the pause (20
ms were seen) Swarm takes it for the update that is just ending, and does nothing for 15 s."""
ENDINGS = {
    Phase.COMPLETED: Ending.DONE,
    Phase.ROLLED_BACK: Ending.ROLLED_BACK,
    Phase.PAUSED: Ending.PAUSED,
    Phase.ROLLBACK_PAUSED: Ending.PAUSED,
    Phase.SUPERSEDED: Ending.SUPERSEDED,
    Phase.TIMED_OUT: Ending.TIMED_OUT,
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

    def fenced_by(self, fence: Fence) -> Roller:
        """The same for who may change services while this fence stands."""
        return replace(self, swarm=self.swarm.fenced_by(fence))

    def run(self, rollout: Rollout, service: Service, spec: Spec, run: Run) -> Outcome:
        """Post the specification and follow it to its end.

        Raises PlanOutdatedError where somebody changed the service since it was planned, and what
        the engine refuses.
        """
        rollout = replace(
            rollout,
            before_hash=fingerprint(service.spec),
            wanted_hash=_wanted_hash(rollout, service, spec),
            engine_time=service.updated,
            audit=run.audit,
            channel=run.channel,
            approved_by=run.approved_by,
        )
        note_outside(self.store, service, self.now())
        rollout = self._with_revision(rollout)
        self.store.rollouts.save(rollout, run.lease.fence)
        run.show(rollout, Progress(Phase.ROLLING, 0, service.replicas or 0))
        if rollout.goes_on and self.stopping.wait(GO_ON_AFTER):
            raise StoppingError
        try:
            self._post(service, spec, rollout)
        except StoppingError:
            raise
        except Exception:
            self.close(rollout, Ending.FAILED, run.lease.fence)
            raise
        return self.resume(self._posted(rollout, run), run)

    def create(self, rollout: Rollout, spec: Spec, run: Run) -> Outcome:
        """Create a service and follow it until it runs as it should.

        The lease then covers the service by its id too. Raises what the engine refuses. A bot that
        ends before the service is recorded leaves it without anybody who follows it; it is there
        all the same.
        """
        service = self._created(spec, rollout.with_auth)
        rollout = replace(
            rollout,
            service_id=service.id,
            service=service.name,
            version=service.version,
            spec_hash=fingerprint(service.spec),
            audit=run.audit,
            channel=run.channel,
            approved_by=run.approved_by,
        )
        with suppress(StoreUnavailableError):
            self.store.locks.extend(run.lease, f"service:{service.id}")
            added = self.store.revisions.add(
                service.id, rollout.after, self.now(), rollout.actor.name, rollout.verb
            )
            rollout = replace(rollout, revision=added.number)
            self.store.rollouts.save(rollout, run.lease.fence)
        run.show(rollout, Progress(Phase.ROLLING, 0, service.replicas or 0))
        return self.resume(rollout, run)

    def resume(self, rollout: Rollout, run: Run) -> Outcome:
        """Follow a rollout whose specification is posted, from wherever it stands, to its end."""
        clock = self._steady(rollout)
        steps = Steps(self.stopping.monotonic)
        progress = Progress(Phase.ROLLING, 0, 0)
        follower = Follower(self.swarm, clock.now, self.stopping, self.log_tail)
        for rollout, progress in self._watched(follower, rollout, run):  # noqa: B020, PLR1704 - the last pair is the outcome
            steps.add(progress, clock.now())
            steps.show(rollout, progress, run)
        return Outcome(
            ending=ENDINGS[progress.phase],
            title=rollout.service,
            seconds=(clock.now() - rollout.started).total_seconds(),
            rollout=rollout,
            progress=progress,
            steps=tuple(steps.seen),
        )

    def recover(self, rollout: Rollout, run: Run) -> Outcome:
        """Go on with a rollout that another bot left.

        `ChangeInterruptedError` where it had not posted anything yet.
        """
        if rollout.spec_hash:
            return self.resume(rollout, run)
        try:
            service = self._seen(rollout)
            if not _was_changed(rollout, service):
                raise ChangeInterruptedError(rollout.service)
        except (*AWAY, UnknownNameError, ChangeInterruptedError):
            # Closed, or the next look for rollouts that nobody follows would find it again.
            if not rollout.part_of:
                self.close(rollout, Ending.FAILED, run.lease.fence)
            raise
        # Where it is not what was wanted, somebody else changed it, and the first look shows that.
        rollout = replace(rollout, spec_hash=rollout.wanted_hash or fingerprint(service.spec))
        self._note(rollout, run)
        return self.resume(rollout, run)

    def close(self, rollout: Rollout, ending: Ending, fence: int) -> None:
        """Write down the end; from then on nobody goes on with it."""
        if rollout.revision:
            self.store.revisions.conclude(rollout.service_id, rollout.revision, ending)
        self.store.rollouts.finish(rollout, fence)
        if ending is Ending.DONE:
            self.store.sealed.forget(rollout.sealed)

    # ---- the steps

    def _created(self, spec: Spec, with_auth: bool) -> Service:
        try:
            return self.swarm.services.get(self.swarm.services.create(spec, with_auth=with_auth))
        except OutcomeUnknownError:
            # The name was free and is locked: what has it now is what was sent.
            if not spec.get("Name"):
                raise
            return self.swarm.services.find(spec["Name"])

    def _post(self, service: Service, spec: Spec, rollout: Rollout) -> None:
        """Send the specification.

        Where only the version moved meanwhile, send it again for the new one.
        """
        planned = fingerprint(service.spec)
        for attempt in range(UPDATE_ATTEMPTS):
            try:
                self.swarm.services.update(
                    service,
                    spec,
                    rollback_previous=rollout.to_previous,
                    with_auth=rollout.with_auth,
                )
            except OutOfSequenceError:
                self.stopping.wait(0.1 * 2**attempt)
            except OutcomeUnknownError:
                pass
            else:
                return
            service = self._seen(rollout)
            if fingerprint(service.spec) == fingerprint(spec):
                return
            if fingerprint(service.spec) != planned:
                raise PlanOutdatedError(service.name, "its specification")
        raise OutOfSequenceError("service", service.name)

    def _posted(self, rollout: Rollout, run: Run) -> Rollout:
        """Remember the specification as the engine wrote it.

        A change by somebody else then shows.
        """
        service = self._seen(rollout)
        rollout = replace(rollout, spec_hash=fingerprint(service.spec))
        self._note(rollout, run)
        return rollout

    def _seen(self, rollout: Rollout) -> Service:
        """The service, as soon as a manager answers.

        One is being elected, perhaps, and may have taken the change.
        """
        clock = self._steady(rollout)
        while True:
            try:
                return self.swarm.services.get(rollout.service_id)
            except AWAY:
                if clock.now() >= rollout.deadline:
                    raise
            if self.stopping.wait(FOLLOW_SECONDS):
                raise StoppingError

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
        turning, again = TurningBack(self.stopping.monotonic), True
        while again:
            again = False
            for progress in follower.follow(lambda: rollout):  # noqa: B023 - the newest is wanted
                self._may_go_on(run)
                wish = self._rollback_wish(rollout, progress)
                if wish and turning.is_due:
                    rollout = self._roll_back(rollout, wish, run, turning)
                stopped = progress.phase in (Phase.PAUSED, Phase.TIMED_OUT)
                again = stopped and bool(wish) and not turning.refusal
                if again:
                    turning.causes = progress.findings
                    break
                yield rollout, turning.explained(progress)
            if again and self.stopping.wait(FOLLOW_SECONDS):
                raise StoppingError

    def _steady(self, rollout: Rollout) -> SteadyClock:
        """The time of one rollout, which the host's clock cannot turn back before its beginning."""
        return SteadyClock(max(self.now(), rollout.started), self.stopping.monotonic)

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

    def _rollback_wish(self, rollout: Rollout, progress: Progress) -> str:
        """Who wishes it back while it still stands where it was posted; empty where nobody does.

        At the deadline the bot does, where it was promised.
        """
        if progress.phase is Phase.TIMED_OUT and rollout.rolls_back and not rollout.rollback_by:
            return BOT
        if progress.phase not in (Phase.ROLLING, Phase.PAUSED):
            return ""
        if rollout.rollback_by:
            return rollout.rollback_by
        try:
            wish = self.store.rollouts.rollback_wish(rollout.id)
        except StoreUnavailableError:
            wish = None
        if wish:
            return wish.name
        return BOT if progress.phase is Phase.PAUSED and rollout.rolls_back else ""

    def _roll_back(self, rollout: Rollout, by: str, run: Run, turning: TurningBack) -> Rollout:
        """Ask Swarm for the previous specification; what keeps it from that is tried again later.

        Who asked is written down before it is sent, so that its effect is never taken for a change
        from outside, whoever sees it.
        """
        try:
            service = self.swarm.services.get(rollout.service_id)
            if fingerprint(service.spec) != rollout.spec_hash:
                # It is done, or somebody changed the service: the next look shows which.
                return rollout
            back = _spec_back(rollout, service)
            if rollout.rollback_by != by:
                rollout = self._turned_back(rollout, by, fingerprint(back) if back else "")
                self.store.rollouts.save(rollout, run.lease.fence)
            self.swarm.services.update(
                service, back or service.spec, rollback_previous=back is None
            )
        except EngineRefusedError as error:
            turning.refused(error)
        except (
            *NO_MANAGER,
            OutOfSequenceError,
            OutcomeUnknownError,
            StoreUnavailableError,
            UnknownNameError,
        ) as error:
            log.info("%s is not rolled back yet: %r", rollout.service, error)
            turning.later()
        return rollout

    def _turned_back(self, rollout: Rollout, by: str, back_hash: str) -> Rollout:
        """The rollout on its way back; after the deadline it gets as much time once more."""
        deadline, now = rollout.deadline, self.now()
        if now >= deadline:
            deadline = now + (rollout.deadline - rollout.started)
        return replace(rollout, rollback_by=by, back_hash=back_hash, deadline=deadline)

    def _with_revision(self, rollout: Rollout) -> Rollout:
        if rollout.after == rollout.before:
            return rollout
        revision = self.store.revisions.add(
            rollout.service_id, rollout.after, self.now(), rollout.actor.name, rollout.verb
        )
        return replace(rollout, revision=revision.number)


def _spec_back(rollout: Rollout, service: Service) -> Spec | None:
    """What to post to go back; None where Swarm's previous specification is what is meant.

    It is another where a paused update was posted again: then that update is the previous one.
    """
    if service.previous and image_of(service.previous) == rollout.before:
        return None
    if rollout.before == rollout.after:
        return None
    return with_image(service.spec, ResolvedImage(rollout.before))


def _wanted_hash(rollout: Rollout, service: Service, spec: Spec) -> str:
    """What stands for the specification that is about to be posted."""
    if rollout.to_previous:
        return fingerprint(service.previous) if service.previous else ""
    return fingerprint(spec)


def _was_changed(rollout: Rollout, service: Service) -> bool:
    """Whether anybody changed the service since the rollout was recorded.

    The version says nothing where it moved, for Swarm's updater moves it too.
    """
    if service.version == rollout.version:
        return False
    if fingerprint(service.spec) != rollout.before_hash:
        return True
    # The same specification may have been posted again, or Swarm has rolled it back already.
    began = service.update.started if service.update else None
    # Both are times of the engine, whose clock may be far from the bot's.
    before = rollout.engine_time
    return began is not None and (before is None or began >= before)
