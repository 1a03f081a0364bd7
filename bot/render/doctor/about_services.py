"""What the doctor says of services and their images."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Image
from bot.model.advice_facts import (
    AddressesShort,
    BelowCount,
    FailAlike,
    ImageMissing,
    NeverRan,
    PlacementObstacle,
    TiedData,
)
from bot.model.advice_kind import AdviceKind
from bot.model.english import listed, plural
from bot.model.slash import SLASH
from bot.render.causes import cause_words
from bot.render.doctor.advice_text import AdviceText, about_all, because
from bot.render.objects.placement_cautions import obstacle_in_words
from bot.render.registry_logins import looked

_UPDATE = f"{SLASH} service update"


# ---- what does not run


def below_count(facts: BelowCount) -> AdviceText:
    """A service that runs fewer tasks than it should."""
    if facts.for_good:
        return AdviceText(
            f"{facts.service} failed{because(facts.cause)}; Swarm does not start it again",
            f"`{SLASH} logs {facts.service}`; once more: `{_UPDATE} --force {facts.service}`",
        )
    fix = cause_words(facts.cause.cause).fix if facts.cause else ""
    look = f"`{SLASH} ps {facts.service}`"
    return AdviceText(
        f"{facts.service} runs {facts.running} of {facts.desired} tasks{because(facts.cause)}",
        f"{fix.rstrip('.')}. {look}" if fix else look,
    )


def never_ran(facts: NeverRan) -> AdviceText:
    """A service of which no task ever ran."""
    service, ports = facts.service, [str(port) for port in facts.ports]
    holds = f", and still holds port {listed(ports)}" if ports else ""
    return AdviceText(
        f"{service} never ran{holds}{because(facts.cause)}",
        f"Mend it (`{SLASH} ps {service}`), or remove it: `{SLASH} service rm {service}`",
    )


def fail_alike(facts: FailAlike) -> AdviceText:
    """Many services that do not run for the same reason."""
    never = facts.kind is AdviceKind.NEVER_RAN
    does = "never ran" if never else "run fewer tasks than they should"
    return AdviceText(
        f"{does}{because(facts.cause)}",
        f"`{SLASH} ps {facts.names[0]}` says more of the first",
        f"{len(facts.names)} services",
        facts.names,
    )


def placement_obstacle(facts: PlacementObstacle) -> AdviceText:
    """What will keep a service from its count."""
    return AdviceText(
        f"{facts.service}: {obstacle_in_words(facts.obstacle)}",
        f"`{SLASH} service inspect {facts.service}` shows its constraints, ports and reservations",
    )


def addresses_short(facts: AddressesShort) -> AdviceText:
    """A network that is full, or has no subnet."""
    use = facts.use
    if use.addresses is None:
        return AdviceText(
            f"Swarm gave the network {use.network} no subnet: tasks on it stay New",
            "The address pool may be used up, or the subnet is taken: remove networks that nobody "
            f"uses (`{SLASH} network ls`), or create it with `--subnet` of your own",
        )
    counts = (
        plural(use.tasks, "task"),
        plural(use.virtual, "virtual address", "virtual addresses"),
        f"one for each of {plural(use.nodes, 'node')}",
    )
    return AdviceText(
        f"the network {use.network} has {plural(use.addresses, 'address', 'addresses')} and needs "
        f"{use.addresses + use.short}: {', '.join(counts)}; tasks without one stay New, or are "
        "Rejected",
        f"Move its services to a larger one: `{SLASH} network create -d overlay --subnet "
        "10.20.0.0/22 NAME`; `--endpoint-mode dnsrr` saves a virtual address",
    )


# ---- what the loss of a node or a task would cost


def tied_data(facts: TiedData) -> AdviceText:
    """Data that stays behind when its task moves."""
    service, where = facts.service, facts.where or "NODE"
    return AdviceText(
        f"{service} keeps data in {listed(facts.volumes)} on its node's disk, and may be moved to "
        f"another of {facts.nodes} nodes, where it would begin with nothing",
        f"Keep it there: `{_UPDATE} --constraint-add node.hostname=={where} {service}`",
    )


def single(names: Sequence[str]) -> AdviceText:
    """Services with one replica."""
    return about_all(
        names,
        "services",
        "has a single replica: it is away while its node is, until another takes over",
        "have a single replica: they are away while their node is, until another takes over",
        f"`{SLASH} scale {names[0]}=2`",
    )


def no_restart(names: Sequence[str]) -> AdviceText:
    """Services whose tasks are not started again."""
    return about_all(
        names,
        "services",
        "is not started again when it ends (restart condition `none`)",
        "are not started again when they end (restart condition `none`)",
        f"`{_UPDATE} --restart-condition any {names[0]}`",
    )


def no_memory_limit(names: Sequence[str]) -> AdviceText:
    """Services that may take all the memory of a node."""
    return about_all(
        names,
        "services",
        "has no memory limit: a leak takes its whole node down",
        "have no memory limit: a leak takes a whole node down",
        f"`{_UPDATE} --limit-memory 512M {names[0]}`",
    )


# ---- images


def image_missing(facts: ImageMissing) -> AdviceText:
    """An image that the next node which needs it cannot get."""
    tagged, first, where = facts.image.tagged, facts.services[0], listed(facts.nodes)
    has = "is refused by its registry, or not there" if facts.refused else "is in no registry"
    alone = f": it lies on {where} alone, and no other node can start it" if where else ""
    private = f"; {looked(facts.source)}" if facts.source else ""
    return AdviceText(
        f"{tagged} of {listed(facts.services)} {has}{alone}",
        f"On {where or 'a node that has it'}: `docker push {tagged}`, then `{SLASH} deploy {first} "
        f"{tagged}`{private if facts.refused else ''}",
    )


def no_digest(names: Sequence[str], image: Image | None) -> AdviceText:
    """Services whose image may be another one on each node."""
    return about_all(
        names,
        "services",
        "has an image without digest: each node may run another build of it",
        "have an image without digest: each node may run another build of it",
        f"Pin it: `{SLASH} deploy {names[0]} {image.tagged}`" if image else "",
    )


def latest(names: Sequence[str], image: Image | None) -> AdviceText:
    """Services that run `latest`."""
    return about_all(
        names,
        "services",
        "runs `latest`: nobody can tell which version that is, nor go back to it by name",
        "run `latest`: nobody can tell which version that is, nor go back to it by name",
        f"`{SLASH} deploy {names[0]} {image.name}:VERSION`" if image else "",
    )


# ---- the next deploy


def update_continue(names: Sequence[str]) -> AdviceText:
    """Services whose update goes on when it fails."""
    return about_all(
        names,
        "services",
        "goes on with an update that fails (`continue`): a bad image replaces every task",
        "go on with an update that fails (`continue`): a bad image replaces every task",
        f"`{_UPDATE} --update-failure-action rollback {names[0]}`",
    )


def all_at_once(names: Sequence[str]) -> AdviceText:
    """Services that replace all their tasks at once."""
    return about_all(
        names,
        "services",
        "replaces all its tasks at once: each deploy is an outage",
        "replace all their tasks at once: each deploy is an outage",
        f"`{_UPDATE} --update-parallelism 1 {names[0]}`",
    )


def health_check(names: Sequence[str]) -> AdviceText:
    """Services without health check."""
    hangs = (
        "no health check: a task counts as up as soon as it runs, and one that hangs is not "
        "replaced"
    )
    return about_all(
        names,
        "services",
        f"has {hangs}",
        f"have {hangs}",
        f"`{_UPDATE} --health-cmd COMMAND {names[0]}`, or `HEALTHCHECK` in the image",
    )
