"""What the doctor says of images and of the next deploy: where it would fail, or take the service
away; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from bot.doctor.grouped import grouped
from bot.doctor.probes import Probes
from bot.doctor.specifications import (
    RunningServices,
    config_of,
    container_of,
    first,
    lies_on,
    names_of,
)
from bot.model import Service
from bot.model.cluster import RegistryAnswer
from bot.model.english import listed
from bot.model.incident import Advice, Severity

_GONE = (RegistryAnswer.MISSING, RegistryAnswer.DENIED)


def registry(view: RunningServices) -> Iterator[Advice]:
    """Images that no registry gives: the next node that needs one cannot start it."""
    by_image: dict[str, list[str]] = defaultdict(list)
    for service in view.services:
        if view.probes.registry.get(str(service.image)) in _GONE:
            by_image[str(service.image)].append(service.name)
    for image, names in by_image.items():
        service = next(one for one in view.services if str(one.image) == image)
        tagged = service.image.tagged
        missing = view.probes.registry[image] is RegistryAnswer.MISSING
        has = "is in no registry" if missing else "is refused by its registry, or not there"
        where = lies_on(service, view)
        text = f"{tagged} of {listed(names)} {has}"
        text += f": it lies on {where} alone, and no other node can start it" if where else ""
        push = f"On {where or 'a node that has it'}: `docker push {tagged}`"
        auth = (
            "; where it is private, deploy it with credentials: `/swarm service update "
            f"--with-registry-auth {names[0]}`"
        )
        fix = f"{push}, then `/swarm deploy {names[0]} {tagged}`" + ("" if missing else auth)
        yield Advice(severity=Severity.WARNING, name="image-missing", text=text, fix=fix)


def images(view: RunningServices) -> Iterator[Advice]:
    """Images of which nobody can say which version they are."""
    loose = [
        one
        for one in view.services
        if not one.image.digest and view.probes.registry.get(str(one.image)) not in _GONE
    ]
    one = loose[0] if loose else None
    yield from grouped(
        names_of(loose),
        "has an image without digest: each node may run another build of it",
        Advice(
            severity=Severity.WARNING,
            name="no-digest",
            text="services have an image without digest: each node may run another build of it",
            fix=f"Pin it: `/swarm deploy {one.name} {one.image.tagged}`" if one else "",
        ),
    )
    # A digest alone names one build for ever; neither tag nor digest stands for `latest`.
    latest = [
        one
        for one in view.services
        if one.image.tag == "latest" or not (one.image.tag or one.image.digest)
    ]
    yield from grouped(
        names_of(latest),
        "runs `latest`: nobody can tell which version that is, nor go back to it by name",
        Advice(
            severity=Severity.NOTE,
            name="latest",
            text=(
                "services run `latest`: nobody can tell which version that is, nor go back to "
                "it by name"
            ),
            fix=f"`/swarm deploy {latest[0].name} {latest[0].image.name}:VERSION`"
            if latest
            else "",
        ),
    )


def deploys(view: RunningServices) -> Iterator[Advice]:
    """Settings with which a deploy is more dangerous than it has to be."""

    def found(wrong: Callable[[Service], bool]) -> list[str]:
        return names_of([service for service in view.services if wrong(service)])

    names = found(lambda one: config_of(one).get("FailureAction") == "continue")
    yield from grouped(
        names,
        "goes on with an update that fails (`continue`): a bad image replaces every task",
        Advice(
            severity=Severity.WARNING,
            name="update-continue",
            text=(
                "services go on with an update that fails (`continue`): a bad image replaces "
                "every task"
            ),
            fix=f"`/swarm service update --update-failure-action rollback {first(names)}`",
        ),
    )
    names = found(_all_at_once)
    yield from grouped(
        names,
        "replaces all its tasks at once: each deploy is an outage",
        Advice(
            severity=Severity.WARNING,
            name="all-at-once",
            text="services replace all their tasks at once: each deploy is an outage",
            fix=f"`/swarm service update --update-parallelism 1 {first(names)}`",
        ),
    )
    names = found(lambda one: not _checked(one, view.probes))
    yield from grouped(
        names,
        (
            "has no health check: a task counts as up as soon as it runs, and one that hangs is "
            "not replaced"
        ),
        Advice(
            severity=Severity.WARNING,
            name="health-check",
            text=(
                "services have no health check: a task counts as up as soon as it runs, and one "
                "that hangs is not replaced"
            ),
            fix=(
                f"`/swarm service update --health-cmd COMMAND {first(names)}`, or `HEALTHCHECK` "
                "in the image"
            ),
        ),
    )


def _all_at_once(service: Service) -> bool:
    config = config_of(service)
    several = service.replicas is None or service.replicas > 1
    # Where nothing is configured the engine takes one at a time; 0 stands for all.
    return several and config.get("Parallelism") == 0 and config.get("Order") != "start-first"


def _checked(service: Service, probes: Probes) -> bool:
    """Whether something asks for its health. Where nobody could look into the image, it has the
    benefit of the doubt."""
    test = (container_of(service).get("Healthcheck") or {}).get("Test")
    if test:
        return bool(test[0] != "NONE")
    return probes.health_checks.get(str(service.image), True)
