"""Writes down as revisions what others changed of a service's image, as soon as it is seen."""

from __future__ import annotations

from datetime import datetime

from bot.model import Ending, Service
from bot.model.revisions import EARLIER, OUTSIDE, in_place, of_image
from bot.store.revisions import Revisions
from bot.store.store import Store
from bot.swarm.spec import edit


def note_outside(store: Store, service: Service, now: datetime) -> None:
    """Make the revisions agree with what Swarm says of a service.

    Nothing while a rollout of the bot's own runs. Raises StoreUnavailableError.
    """
    if service.mode.is_job or store.rollouts.of_service(service.id):
        return
    known = store.revisions.of(service.id)
    if in_place(known) != service.image:
        _add(store.revisions, service, now)
    _judge(store.revisions, service)


def _add(revisions: Revisions, service: Service, now: datetime) -> None:
    known, update = revisions.of(service.id), service.update
    changed = (update.started if update else None) or service.updated or now
    if _went_back(service) and known and known[-1].note == OUTSIDE:
        revisions.conclude(service.id, known[-1].number, Ending.ROLLED_BACK)
        if in_place(revisions.of(service.id)) == service.image:
            return
    previous = edit.image_of(service.previous) if service.previous else service.image
    if previous not in (service.image, in_place(known)) and not _went_back(service):
        # Somebody changed it twice between two looks, or before the first.
        revisions.record_seen(service.id, previous, changed, EARLIER)
        revisions.record_seen(service.id, service.image, changed, OUTSIDE)
        return
    revisions.record_seen(service.id, service.image, changed, OUTSIDE if known else "")


def _went_back(service: Service) -> bool:
    return service.update is not None and service.update.state.startswith("rollback")


def _judge(revisions: Revisions, service: Service) -> None:
    """Swarm's own word on an update that others made counts for its revision."""
    newest = of_image(revisions.of(service.id), service.image)
    if newest is None or newest.note != OUTSIDE or service.update is None:
        return
    endings = {"paused": Ending.PAUSED, "completed": Ending.DONE}
    ending = endings.get(service.update.state)
    if ending and newest.ending != ending:
        revisions.conclude(service.id, newest.number, ending)
