"""What became of a rollout that its bot left, by what Swarm says of the service."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Rollout, Service
from bot.store.store import Store
from bot.swarm.spec.edit import fingerprint


def judge_left(store: Store, service: Service, rollout: Rollout, fence: int) -> None:
    """Write down, before this rollout changes the service, whether another one that its bot left
    there was posted: from then on nobody could tell any more.

    `service` is as this rollout was planned against it. Raises StoreUnavailableError, and
    LeaseLostError where a later owner wrote something.
    """
    left = store.rollouts.of_service(service.id)
    if left is None or left.id == rollout.id:
        return
    posted = left.spec_hash or (left.wanted_hash if was_changed(left, service) else "")
    store.rollouts.save(replace(left, spec_hash=posted, overtaken=True), fence)


def was_changed(rollout: Rollout, service: Service) -> bool:
    """Whether anybody changed the service since the rollout was recorded.

    The version says nothing where it moved, for Swarm's updater moves it too.
    """
    if service.version == rollout.version:
        return False
    if fingerprint(service.spec) != rollout.before_hash or _is_previous(rollout, service):
        return True
    # The same specification may have been posted again, or Swarm has rolled it back already.
    began = service.update.started if service.update else None
    # Both are times of the engine, whose clock may be far from the bot's.
    before = rollout.engine_time
    return began is not None and (before is None or began > before)


def _is_previous(rollout: Rollout, service: Service) -> bool:
    """Whether what was to be posted is what Swarm had before, and had not when it was recorded:
    it was posted, and somebody took it back."""
    previous = fingerprint(service.previous) if service.previous else ""
    return previous == rollout.wanted_hash != rollout.previous_hash and bool(previous)
