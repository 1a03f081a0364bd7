"""How updates and rollbacks stand when Swarm has paused them: cases of the contract."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.errors import EngineRefusedError
from tests.swarm.ground import (
    SECOND,
    Ground,
    changed,
    created,
    message,
    spec,
    state,
    with_image,
)

REPLICAS = 3
DELAY = 2 * SECOND
"""Longer than it takes to see that a task has failed: without it the next one may be stopped
already."""


def images(ground: Ground, service_id: str) -> Counter[str]:
    """How many tasks run each image."""
    tasks = ground.swarm.services.tasks(service_id, running=True)
    return Counter(str(task.image) for task in tasks if task.state == "running")


def paused(ground: Ground) -> str:
    """A service whose update to `web:broken` stands paused at its first task."""
    body = spec(ground, replicas=REPLICAS)
    for config in ("UpdateConfig", "RollbackConfig"):
        body[config]["Delay"] = DELAY
    service = created(ground, body)
    changed(ground, service.id, with_image(ground, "web:broken"))
    ground.until(lambda: state(ground, service.id) == "paused")
    return service.id


def a_paused_update_stands_until_a_label_lets_it_go_on(ground: Ground) -> None:
    service_id = paused(ground)
    words = message(ground, service_id)
    tried = len(ground.swarm.services.tasks(service_id))

    # Its place is filled again and again, and nothing else is touched.
    ground.until(lambda: len(ground.swarm.services.tasks(service_id)) >= tried + 2)

    service = ground.swarm.services.get(service_id)
    assert images(ground, service_id)[ground.image("web:v1")] == REPLICAS - 1
    assert (state(ground, service_id), message(ground, service_id)) == ("paused", words)
    assert str(service.image) == ground.image("web:broken")
    assert service.previous
    container = service.previous["TaskTemplate"]["ContainerSpec"]
    assert container["Image"] == ground.image("web:v1")

    # A label lets it go on. Posted within the same moment as the failure, it would be taken for the
    # update that is just ending, and that would stand.
    changed(ground, service_id, lambda body: body.update(Labels={"team": "shop"}))

    # It pauses again, over another task, and the update before it is then this one.
    ground.until(lambda: message(ground, service_id) not in ("", words))
    ground.until(lambda: state(ground, service_id) == "paused")
    service = ground.swarm.services.get(service_id)
    assert service.previous
    container = service.previous["TaskTemplate"]["ContainerSpec"]
    assert container["Image"] == ground.image("web:broken")


def a_paused_update_is_taken_back_by_hand(ground: Ground) -> None:
    service_id = paused(ground)
    now = ground.swarm.services.get(service_id)

    ground.swarm.services.update(now, now.spec, rollback_previous=True)

    assert state(ground, service_id) == "rollback_started"
    ground.until(lambda: state(ground, service_id) == "rollback_completed")
    ground.until(lambda: images(ground, service_id) == {ground.image("web:v1"): REPLICAS})


def a_failure_rolls_back(ground: Ground) -> None:
    service = created(ground, spec(ground, replicas=REPLICAS))

    changed(ground, service.id, with_image(ground, "web:broken", "rollback"))

    ground.until(lambda: state(ground, service.id) == "rollback_completed")
    assert message(ground, service.id) == "rollback completed"
    ground.until(lambda: images(ground, service.id) == {ground.image("web:v1"): REPLICAS})
    after = ground.swarm.services.get(service.id)
    assert after.spec == service.spec
    assert after.previous is None
    with pytest.raises(EngineRefusedError) as refused:
        ground.swarm.services.update(after, after.spec, rollback_previous=True)
    assert refused.value.status == 500
    assert "does not have a previous spec" in refused.value.reason


def a_paused_update_gives_way_to_another_and_a_rollback_to_it_fails(ground: Ground) -> None:
    service_id = paused(ground)

    changed(ground, service_id, with_image(ground, "web:v2"))

    ground.until(lambda: state(ground, service_id) == "completed")
    ground.until(lambda: images(ground, service_id) == {ground.image("web:v2"): REPLICAS})
    now = ground.swarm.services.get(service_id)

    ground.swarm.services.update(now, now.spec, rollback_previous=True)

    ground.until(lambda: state(ground, service_id) == "rollback_paused")
    # Swarm speaks of an update there too.
    words = "update paused due to failure or early termination of task "
    assert message(ground, service_id).startswith(words)
    after = ground.swarm.services.get(service_id)
    assert str(after.image) == ground.image("web:broken")
    assert images(ground, service_id)[ground.image("web:v2")] == REPLICAS - 1


CASES = (
    a_paused_update_stands_until_a_label_lets_it_go_on,
    a_paused_update_is_taken_back_by_hand,
    a_failure_rolls_back,
    a_paused_update_gives_way_to_another_and_a_rollback_to_it_fails,
)
