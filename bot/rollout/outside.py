"""Writes down as revisions what others changed of a service's image, as soon as it is seen."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import SwarmbotError
from bot.model import Ending, Image, Revision, Service
from bot.model.revisions import EARLIER, FOUND, OUTSIDE, in_place, of_image
from bot.store.store import Store
from bot.swarm.spec import edit
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""A bot that starts finds thousands of services, and its watch has more to do than to write."""


@dataclass
class OutsideChanges:
    """Takes in what the watch sees, and looks closer only where something has changed since."""

    swarm: Swarm
    store: Store
    _known: dict[str, tuple[Image, str]] = field(default_factory=dict)

    def take_in(self, services: Iterable[Service], now: datetime) -> None:
        """Make the revisions of these services agree with them. With Redis away it waits."""
        seen = {service.id: service for service in services if not service.mode.is_job}
        states = {service_id: _state(service) for service_id, service in seen.items()}
        changed = [key for key, state in states.items() if self._known.get(key) != state]
        for waiting, service_id in enumerate(changed):
            if waiting >= MOST_AT_ONCE or not self._is_noted(seen[service_id], now):
                states[service_id] = self._known.get(service_id, (Image(""), ""))
        self._known = states

    def _is_noted(self, service: Service, now: datetime) -> bool:
        """Whether it is written down; not while a rollout of the bot's own runs."""
        try:
            if self.store.rollouts.of_service(service.id):
                return False
            known = self.store.revisions.of(service.id)
            if known == _with_outside(known, service, now):
                return True
            # Looked at anew: what was seen may be of a rollout that has ended since. One that
            # nobody knows yet had none.
            current = self.swarm.services.get(service.id) if known else service
            note_outside(self.store, current, now)
        except SwarmbotError as error:
            log.info("the revisions of %s wait: %r", service.id, error)
            return False
        return True


def _state(service: Service) -> tuple[Image, str]:
    return service.image, service.update.state if service.update else ""


def known_with_outside(store: Store, service: Service, now: datetime) -> tuple[Revision, ...]:
    """The revisions of a service, with what Swarm says of it and nobody has written down yet.

    Reads only. While a rollout of the bot's own runs, or of a job, they are those that are written
    down. Raises StoreUnavailableError.
    """
    known = store.revisions.of(service.id)
    if service.mode.is_job or store.rollouts.of_service(service.id):
        return known
    return _with_outside(known, service, now)


def note_outside(store: Store, service: Service, now: datetime) -> None:
    """Write that down. Raises StoreUnavailableError."""
    before = {revision.number: revision for revision in store.revisions.of(service.id)}
    for revision in known_with_outside(store, service, now):
        known = before.get(revision.number)
        if known is None:
            store.revisions.record_seen(service.id, revision.image, revision.at, revision.note)
        if revision.ending != (known.ending if known else ""):
            store.revisions.conclude(service.id, revision.number, Ending(revision.ending))


def _with_outside(
    known: tuple[Revision, ...], service: Service, now: datetime
) -> tuple[Revision, ...]:
    if in_place(known) != service.image:
        known = _added(known, service, now)
    return _judged(known, service)


def _added(known: tuple[Revision, ...], service: Service, now: datetime) -> tuple[Revision, ...]:
    update = service.update
    changed = (update.started if update else None) or service.updated or now
    if _went_back(service) and known and known[-1].note == OUTSIDE:
        known = (*known[:-1], replace(known[-1], ending=str(Ending.ROLLED_BACK)))
        if in_place(known) == service.image:
            return known
    previous = edit.image_of(service.previous) if service.previous else service.image
    if previous not in (service.image, in_place(known)) and not _went_back(service):
        # Somebody changed it twice between two looks, or before the first.
        known = _one_more(known, previous, changed, EARLIER)
        return _one_more(known, service.image, changed, OUTSIDE)
    return _one_more(known, service.image, changed, OUTSIDE if known else FOUND)


def _one_more(
    known: tuple[Revision, ...], image: Image, at: datetime, note: str
) -> tuple[Revision, ...]:
    number = known[-1].number + 1 if known else 1
    return (*known, Revision(number, image, at, note=note))


def _went_back(service: Service) -> bool:
    return service.update is not None and service.update.state.startswith("rollback")


def _judged(known: tuple[Revision, ...], service: Service) -> tuple[Revision, ...]:
    """Swarm's own word on an update that others made counts for its revision."""
    newest = of_image(known, service.image)
    if newest is None or newest.note != OUTSIDE or service.update is None:
        return known
    endings = {"paused": Ending.PAUSED, "completed": Ending.DONE}
    ending = endings.get(service.update.state)
    if ending is None:
        return known
    judged = replace(newest, ending=str(ending))
    return tuple(judged if revision == newest else revision for revision in known)
