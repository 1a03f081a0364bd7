"""What the doctor says of images and of the next deploy: where it would fail, or take the service
away; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.probes import Probes
from bot.doctor.specifications import (
    SeenServices,
    by_image,
    goes_on_failing,
    health_test,
    lasting,
    lies_on,
    names_of,
    running,
    updates_all_at_once,
)
from bot.model import Image, Service
from bot.model.advice import Advice
from bot.model.advice_facts import AllAlike, ImageMissing
from bot.model.advice_kind import AdviceKind
from bot.model.cluster import RegistryAnswer
from bot.model.incident import Severity
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout

_GONE = (RegistryAnswer.MISSING, RegistryAnswer.DENIED)
_FEW = 3
_NO_TEST = "NONE"


def registry(view: SeenServices) -> Iterator[Advice]:
    """Images that no registry gives: the next node that needs one cannot start it."""
    for image, services in by_image(view.layout).items():
        if view.probes.registry.get(image) not in _GONE:
            continue
        nodes = lies_on(services[0], view.layout)
        facts = ImageMissing(
            image=services[0].image,
            services=names_of(services),
            refused=view.probes.registry[image] is not RegistryAnswer.MISSING,
            nodes=nodes if len(nodes) <= _FEW else (),
            source=view.probes.logins.sources.get(services[0].image.registry),
        )
        yield Advice(Severity.WARNING, facts)


def images(view: SeenServices) -> Iterator[Advice]:
    """Images of which nobody can say which version they are."""
    loose = [
        service
        for service in _without_digest(view.layout)
        if view.probes.registry.get(str(service.image)) not in _GONE
    ]
    if loose:
        facts = AllAlike(AdviceKind.NO_DIGEST, names_of(loose), loose[0].image)
        yield Advice(Severity.WARNING, facts)
    if latest := _latest(view.layout):
        facts = AllAlike(AdviceKind.LATEST, names_of(latest), latest[0].image)
        yield Advice(Severity.NOTE, facts)


@kept_with_layout
def _without_digest(layout: TaskLayout) -> tuple[Service, ...]:
    return tuple(service for service in running(layout) if not service.image.digest)


@kept_with_layout
def _latest(layout: TaskLayout) -> tuple[Service, ...]:
    # A digest alone names one build for ever; neither tag nor digest stands for `latest`.
    return tuple(
        service
        for service in running(layout)
        if service.image.tag == "latest" or not (service.image.tag or service.image.digest)
    )


def deploys(view: SeenServices) -> Iterator[Advice]:
    """Settings with which a deploy is more dangerous than it has to be."""
    layout, probes = view.layout, view.probes
    unchecked = [service for service in _unchecked(layout) if not _is_checked(service, probes)]
    for kind, services in (
        (AdviceKind.UPDATE_CONTINUE, _going_on(layout)),
        (AdviceKind.ALL_AT_ONCE, _all_at_once(layout)),
        (AdviceKind.HEALTH_CHECK, unchecked),
    ):
        if services:
            yield Advice(Severity.WARNING, AllAlike(kind, names_of(services)))


@kept_with_layout
def _going_on(layout: TaskLayout) -> tuple[Service, ...]:
    return tuple(service for service in lasting(layout) if goes_on_failing(service.spec))


@kept_with_layout
def _all_at_once(layout: TaskLayout) -> tuple[Service, ...]:
    return tuple(
        service
        for service in lasting(layout)
        if service.replicas != 1 and updates_all_at_once(service.spec)
    )


@kept_with_layout
def images_that_decide(layout: TaskLayout) -> frozenset[Image]:
    """The images that alone say whether anything asks for the health of a service."""
    return frozenset(
        service.image for service in _unchecked(layout) if not health_test(service.spec)
    )


@kept_with_layout
def _unchecked(layout: TaskLayout) -> tuple[Service, ...]:
    """The services whose health nothing asks for, unless their images do."""
    return tuple(
        service for service in lasting(layout) if health_test(service.spec)[:1] in ((), (_NO_TEST,))
    )


def _is_checked(service: Service, probes: Probes) -> bool:
    """Whether the image asks for its health, and the service does not forbid it. Where nobody could
    look into the image, it has the benefit of the doubt."""
    if health_test(service.spec):
        return False
    return probes.health_checks.get(str(service.image), True)
