"""What a Swarm refuses, and how it updates services: cases of the contract."""

from __future__ import annotations

import pytest

from bot.errors import (
    EngineRefusedError,
    NameTakenError,
    OutOfSequenceError,
    PortTakenError,
    UnknownNameError,
)
from bot.model.completion import Completion
from tests.swarm.ground import (
    SECOND,
    Ground,
    Json,
    changed,
    created,
    message,
    running,
    spec,
    state,
    with_image,
)

# ---- what is refused


def names_ports_and_networks_are_checked(ground: Ground) -> None:
    ports = {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": 8081}]}
    services = ground.swarm.services
    services.create(spec(ground, replicas=0, EndpointSpec=ports))
    with pytest.raises(NameTakenError) as taken:
        services.create(spec(ground))
    assert (taken.value.kind, taken.value.name) == ("service", "web")
    with pytest.raises(PortTakenError) as port:
        services.create(spec(ground, "api", EndpointSpec=ports))
    assert (port.value.port, port.value.service) == (8081, "web")
    with pytest.raises(UnknownNameError) as unknown:
        services.create(spec(ground, "api", TaskTemplate={"Networks": [{"Target": "no-net"}]}))
    assert (unknown.value.kind, unknown.value.name) == ("network", "no-net")


def an_old_version_is_refused(ground: Ground) -> None:
    services = ground.swarm.services
    old = services.get(services.create(spec(ground, replicas=0)))
    services.update(old, {**old.spec, "Labels": {"a": "1"}})
    with pytest.raises(OutOfSequenceError):
        services.update(old, {**old.spec, "Labels": {"a": "2"}})
    assert services.get(old.id).labels == {"a": "1"}


def name_and_mode_stay(ground: Ground) -> None:
    services = ground.swarm.services
    service = services.get(services.create(spec(ground, replicas=0)))
    changes: tuple[Json, ...] = ({"Name": "other"}, {"Mode": {"Global": {}}})
    for change in changes:
        with pytest.raises(EngineRefusedError) as refused:
            services.update(service, {**service.spec, **change})
        assert refused.value.status == 501


def what_is_gone_is_not_found(ground: Ground) -> None:
    services = ground.swarm.services
    service = created(ground, spec(ground))
    services.remove(service.id)
    for ask in (services.get, services.remove):
        with pytest.raises(UnknownNameError):
            ask(service.id)
    with pytest.raises(UnknownNameError):
        services.tasks(service.id)
    # Of a job that another story removed Swarm keeps the tasks that ended.
    ground.until(lambda: all(task.service_id != service.id for task in services.tasks()))


# ---- updates


def an_update_rolls_and_is_taken_back_and_done_again(ground: Ground) -> None:
    service = created(ground, spec(ground))
    before = running(ground, service.id)

    posted = changed(ground, service.id, with_image(ground, "web:v2"))

    assert posted.previous == service.spec
    assert posted.update is None or posted.update.state == "updating", "it begins a little later"
    ground.until(lambda: message(ground, service.id) == "update in progress")
    assert state(ground, service.id) == "updating"
    ground.until(lambda: state(ground, service.id) == "completed")
    assert message(ground, service.id) == "update completed"
    after = running(ground, service.id)
    assert len(after) == 2
    assert not after & before
    marked = ground.swarm.services.tasks(service.id, marked=True)
    assert {task.id for task in marked if task.up_to_date} == after
    assert {task.state for task in marked if task.id in before} == {"shutdown"}

    # A rollback by hand, and once more, is a redo.
    for image in ("web:v1", "web:v2"):
        now = ground.swarm.services.get(service.id)
        ground.swarm.services.update(now, now.spec, rollback_previous=True)
        posted = ground.swarm.services.get(service.id)
        assert posted.update is not None
        assert posted.update.state == "rollback_started"
        assert posted.update.message == "manually requested rollback"
        ground.until(lambda: state(ground, service.id) == "rollback_completed")
        assert str(ground.swarm.services.get(service.id).image) == ground.image(image)


def neither_a_label_nor_another_count_restarts_anything(ground: Ground) -> None:
    service = created(ground, spec(ground))
    before = running(ground, service.id)

    posted = changed(ground, service.id, lambda body: body.update(Labels={"by": "hand"}))

    assert posted.update is None
    assert running(ground, service.id) == before
    assert all(task.up_to_date for task in ground.swarm.services.tasks(service.id, marked=True))
    (listed,) = ground.swarm.services.list()
    assert (listed.running, listed.desired) == (2, 2)

    changed(ground, service.id, lambda body: body["Mode"]["Replicated"].update(Replicas=4))
    ground.until(lambda: len(running(ground, service.id)) == 4)
    assert before < running(ground, service.id)

    changed(ground, service.id, lambda body: body["Mode"]["Replicated"].update(Replicas=1))
    ground.until(lambda: len(ground.swarm.services.tasks(service.id, running=True)) == 1)
    assert state(ground, service.id) == ""


def what_is_never_started_again_stays_ended_and_is_updated(ground: Ground) -> None:
    once = {
        "ContainerSpec": {"Image": ground.image("web:broken"), "StopGracePeriod": SECOND},
        "RestartPolicy": {"Condition": "none"},
    }
    service_id = ground.swarm.services.create(spec(ground, TaskTemplate=once))

    def ended() -> Completion | None:
        (listed,) = ground.swarm.services.list()
        assert listed.desired == 2
        return listed.completion

    ground.until(lambda: (completion := ended()) is not None and len(completion.failed) == 2)
    completion = ended()
    assert completion
    assert (completion.done, completion.exit_code) == (frozenset(), 3)
    tasks = ground.swarm.services.tasks(service_id)
    assert [(task.state, task.desired) for task in tasks] == [("failed", "shutdown")] * 2

    changed(ground, service_id, with_image(ground, "web:v1"))

    ground.until(lambda: len(running(ground, service_id)) == 2)
    assert ended() is None


def a_failure_pauses_until_it_is_posted_again(ground: Ground) -> None:
    service = created(ground, spec(ground, replicas=3))
    changed(ground, service.id, with_image(ground, "web:broken"))

    ground.until(lambda: state(ground, service.id) == "paused")
    paused = message(ground, service.id)
    words = "update paused due to failure or early termination of task "
    assert paused.startswith(words)
    ended = [task for task in ground.swarm.services.tasks(service.id) if task.state == "failed"]
    assert paused.removeprefix(words) in {task.id for task in ended}
    assert (ended[0].error, ended[0].exit_code) == ("task: non-zero exit (3)", 3)

    # Posted within the same moment, it is taken for the update that is just ending, and stands.
    failed = len(ground.swarm.services.tasks(service.id))
    ground.until(lambda: len(ground.swarm.services.tasks(service.id)) >= failed + 2)

    changed(ground, service.id, dict)

    # It may pause again at once, over another task.
    ground.until(lambda: message(ground, service.id) not in ("", paused))


def start_first_never_runs_fewer(ground: Ground) -> None:
    body = spec(ground, replicas=2)
    body["UpdateConfig"]["Order"] = "start-first"
    service = created(ground, body)
    changed(ground, service.id, with_image(ground, "web:v2"))
    fewest = 2

    def looked() -> bool:
        nonlocal fewest
        fewest = min(fewest, len(running(ground, service.id)))
        return state(ground, service.id) == "completed"

    ground.until(looked)
    assert fewest == 2
