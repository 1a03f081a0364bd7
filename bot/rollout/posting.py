"""Sends a specification to Swarm, and finds out whether it arrived where no answer says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Stopping
from bot.errors import (
    ChangeInterruptedError,
    ChangeUnsureError,
    EngineRefusedError,
    OutcomeUnknownError,
    OutOfSequenceError,
    PlanOutdatedError,
    UnknownNameError,
)
from bot.model import Rollout, Service, Spec
from bot.rollout import stored_login
from bot.rollout.follower import FOLLOW_SECONDS
from bot.rollout.run import StoppingError
from bot.store.store import Store
from bot.swarm.spec.edit import fingerprint
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import AWAY

UPDATE_ATTEMPTS = 4
"""How often the specification is sent where only the version of the service moved meanwhile."""


@dataclass(frozen=True)
class Posting:
    """Creates and updates services. `stopping` is set when the bot is about to end."""

    swarm: Swarm
    store: Store
    now: Callable[[], datetime]
    stopping: Stopping

    def created(self, spec: Spec, with_auth: bool) -> Service:
        """Create a service; returns it as the engine wrote it. Raises what the engine refuses."""
        try:
            return self.swarm.services.get(self.swarm.services.create(spec, with_auth=with_auth))
        except OutcomeUnknownError:
            # The name was free and is locked: what has it now is what was sent.
            if not spec.get("Name"):
                raise
            return self.swarm.services.find(spec["Name"])

    def post(self, service: Service, spec: Spec, rollout: Rollout) -> None:
        """Send the specification.

        Where only the version moved meanwhile, send it again for the new one. Raises
        PlanOutdatedError where somebody changed the service, OutcomeUnknownError where the answer
        was lost and no manager tells more before the deadline, and what the engine refuses.
        """
        planned = fingerprint(service.spec)
        service = self._freshened(service, spec, rollout)
        if fingerprint(service.spec) != planned:
            raise PlanOutdatedError(service.name, "its specification")
        for attempt in range(UPDATE_ATTEMPTS):
            lost: OutcomeUnknownError | None = None
            try:
                self.swarm.services.update(
                    service,
                    spec,
                    rollback_previous=rollout.to_previous,
                    with_auth=rollout.with_auth,
                )
            except OutOfSequenceError:
                self.stopping.wait(0.1 * 2**attempt)
            except OutcomeUnknownError as error:
                lost = error
            else:
                return
            service = self._seen_after(lost, rollout)
            if fingerprint(service.spec) == fingerprint(spec):
                return
            if fingerprint(service.spec) != planned:
                raise PlanOutdatedError(service.name, "its specification")
        raise OutOfSequenceError("service", service.name)

    def _freshened(self, service: Service, spec: Spec, rollout: Rollout) -> Service:
        """Give the specification that is about to be the previous one the credentials of now.

        Swarm goes back with those that it has stored there, whatever a rollback is sent (measured):
        a token of yesterday would keep it from going back to an image that a node has lost.
        """
        if not stored_login.may_be_old(self.swarm, self.store, service, spec):
            return service
        with suppress(OutOfSequenceError, OutcomeUnknownError, EngineRefusedError):
            self.swarm.services.update(service, service.spec)
        return self.seen(rollout)

    def _seen_after(self, lost: OutcomeUnknownError | None, rollout: Rollout) -> Service:
        try:
            return self.seen(rollout)
        except AWAY as away:
            raise lost or away from None

    def seen(self, rollout: Rollout) -> Service:
        """The service, as soon as a manager answers.

        One is being elected, perhaps, and may have taken the change.
        """
        return self._answered(lambda: self.swarm.services.get(rollout.service_id), rollout)

    def found(self, rollout: Rollout) -> Service:
        """The service that was to be created, by its name.

        Raises ChangeInterruptedError where there is none, ChangeUnsureError where the engine was to
        name it.
        """
        if rollout.service_id != rollout.service:
            raise ChangeUnsureError(rollout.service)
        try:
            return self._answered(lambda: self.swarm.services.find(rollout.service), rollout)
        except UnknownNameError:
            raise ChangeInterruptedError(rollout.service) from None

    def _answered(self, ask: Callable[[], Service], rollout: Rollout) -> Service:
        while True:
            try:
                return ask()
            except AWAY:
                if self.now() >= rollout.deadline:
                    raise
            if self.stopping.wait(FOLLOW_SECONDS):
                raise StoppingError


def wanted_hash(rollout: Rollout, service: Service, spec: Spec) -> str:
    """What stands for the specification that is about to be posted."""
    if rollout.to_previous:
        return fingerprint(service.previous) if service.previous else ""
    return fingerprint(spec)
