"""What a Swarm does with other credentials for the same specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.model import Service
from bot.swarm.registries.credential import Credential
from tests.fence import OPEN
from tests.swarm.ground import SECOND, Ground, created, running, spec, state


def other_credentials_alone_restart_nothing_that_runs(ground: Ground) -> None:
    service = created(ground, spec(ground))
    tasks = running(ground, service.id)

    _with_other_credentials(ground, service)
    posted = ground.swarm.services.get(service.id)

    assert posted.version > service.version
    assert (posted.spec, posted.previous) == (service.spec, service.spec)
    assert state(ground, service.id) == ""
    assert "Registry" not in repr(posted)
    _with_other_credentials(ground, posted)
    assert running(ground, service.id) == tasks
    assert {task.id for task in ground.swarm.services.tasks(service.id)} == tasks


def other_credentials_alone_repeat_work_that_is_done(ground: Ground) -> None:
    once: Mapping[str, object] = {
        "ContainerSpec": {"Image": ground.image("web:broken"), "StopGracePeriod": SECOND},
        "RestartPolicy": {"Condition": "none"},
    }
    service_id = ground.swarm.services.create(spec(ground, replicas=1, TaskTemplate=once))

    def ended() -> int:
        tasks = ground.swarm.services.tasks(service_id)
        return sum(task.state == "failed" for task in tasks)

    ground.until(lambda: ended() == 1)

    _with_other_credentials(ground, ground.swarm.services.get(service_id))

    ground.until(lambda: ended() == 2)


def _with_other_credentials(ground: Ground, service: Service) -> None:
    auth = Credential("reg.example", "robot", f"token-{service.version}").header
    raw = {
        "ID": service.id,
        "Version": {"Index": service.version},
        "Spec": {"Name": service.name},
    }
    ground.swarm.engines.call_write(
        lambda client: client.fenced_by(OPEN).update_service(raw, service.spec, auth=auth)
    )


CASES: tuple[Callable[[Ground], None], ...] = (
    other_credentials_alone_restart_nothing_that_runs,
    other_credentials_alone_repeat_work_that_is_done,
)
