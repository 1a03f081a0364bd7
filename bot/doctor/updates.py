"""What the doctor says of images and of the next deploy: where it would fail, or take the service
away; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from bot.doctor.probes import Probes
from bot.doctor.specifications import (
    RunningServices,
    config_of,
    container_of,
    lies_on,
    names_of,
)
from bot.model import Service
from bot.model.advice import Advice
from bot.model.advice_facts import AllAlike, ImageMissing
from bot.model.advice_kind import AdviceKind
from bot.model.cluster import RegistryAnswer
from bot.model.incident import Severity

_GONE = (RegistryAnswer.MISSING, RegistryAnswer.DENIED)
_FEW = 3


def registry(view: RunningServices) -> Iterator[Advice]:
    """Images that no registry gives: the next node that needs one cannot start it."""
    by_image: dict[str, list[Service]] = defaultdict(list)
    for service in view.services:
        if view.probes.registry.get(str(service.image)) in _GONE:
            by_image[str(service.image)].append(service)
    for image, services in by_image.items():
        nodes = lies_on(services[0], view)
        facts = ImageMissing(
            image=services[0].image,
            services=names_of(services),
            refused=view.probes.registry[image] is not RegistryAnswer.MISSING,
            nodes=nodes if len(nodes) <= _FEW else (),
            source=view.probes.logins.sources.get(services[0].image.registry),
        )
        yield Advice(Severity.WARNING, facts)


def images(view: RunningServices) -> Iterator[Advice]:
    """Images of which nobody can say which version they are."""
    loose = [
        service
        for service in view.services
        if not service.image.digest and view.probes.registry.get(str(service.image)) not in _GONE
    ]
    if loose:
        facts = AllAlike(AdviceKind.NO_DIGEST, names_of(loose), loose[0].image)
        yield Advice(Severity.WARNING, facts)
    # A digest alone names one build for ever; neither tag nor digest stands for `latest`.
    latest = [
        service
        for service in view.services
        if service.image.tag == "latest" or not (service.image.tag or service.image.digest)
    ]
    if latest:
        facts = AllAlike(AdviceKind.LATEST, names_of(latest), latest[0].image)
        yield Advice(Severity.NOTE, facts)


def deploys(view: RunningServices) -> Iterator[Advice]:
    """Settings with which a deploy is more dangerous than it has to be."""
    dangers: tuple[tuple[AdviceKind, Callable[[Service], bool]], ...] = (
        (
            AdviceKind.UPDATE_CONTINUE,
            lambda service: config_of(service).get("FailureAction") == "continue",
        ),
        (AdviceKind.ALL_AT_ONCE, _all_at_once),
        (AdviceKind.HEALTH_CHECK, lambda service: not _checked(service, view.probes)),
    )
    for kind, is_dangerous in dangers:
        names = names_of([service for service in view.services if is_dangerous(service)])
        if names:
            yield Advice(Severity.WARNING, AllAlike(kind, names))


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
