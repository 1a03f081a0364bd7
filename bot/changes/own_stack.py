"""What of the Swarm is the bot itself, so that a change of it is dangerous.

Whoever changes the bot's service, joins its network or gets its secrets has its token, its Redis
and the engines that it talks to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.changes.node_plan import NodesPlan
from bot.command.model import Change, Context, PlanType
from bot.model import Kind, Plan, Service
from bot.model.danger import Danger, Grant
from bot.model.english import listed
from bot.model.swarm import networks_of
from bot.render.objects import own_stack_cautions
from bot.swarm.objects.stacks import stack_of

_PARTS = ("service:", "network:", "stack:")


@dataclass(frozen=True, slots=True)
class OwnStack:
    """The bot's service and those of its stack.

    `reached_by`: ids of their networks, secrets and configs, and names of their volumes.
    """

    stack: str = ""
    services: tuple[Service, ...] = ()
    reached_by: frozenset[str] = frozenset()

    @property
    def service_ids(self) -> frozenset[str]:
        """The ids of its services."""
        return frozenset(service.id for service in self.services)


def find(context: Context) -> OwnStack:
    """Two calls to an engine; empty where the bot is no service of this Swarm."""
    if not context.settings.own_service:
        return OwnStack()
    swarm = context.swarm.seen_by(None)
    every = swarm.services.list()
    bot = next((service for service in every if service.id == context.settings.own_service), None)
    if bot is None:
        return OwnStack()
    stack = stack_of(bot.labels)
    services = tuple(
        service
        for service in every
        if service.id == bot.id or (stack and stack_of(service.labels) == stack)
    )
    used_by_others = {
        network for service in every if service not in services for network in _networks(service)
    }
    networks = {
        network.id
        for network in swarm.networks.list()
        if (stack and stack_of(network.labels) == stack) or network.id not in used_by_others
    }
    joined = {network for service in services for network in _networks(service)}
    files = {file for service in services for file in _files(service)}
    return OwnStack(stack, services, frozenset(files | (joined & networks)))


def marked(context: Context, command: Change[PlanType], plan: PlanType) -> PlanType:
    """The same plan, in which it is a danger where it changes the bot itself.

    What holds do not concern, such as silencing an alert, changes nothing of it.
    """
    if plan.kind is Kind.READ or not command.heeds_holds or not _may_touch(plan):
        return plan
    own = find(context)
    if isinstance(plan, NodesPlan):
        plan = replace(plan, warnings=(*_moved(own, plan), *plan.warnings))
    touched = [
        service.name
        for service in own.services
        if f"service:{service.id}" in plan.targets or service.name in plan.services
    ]
    keys = {f"network:{part}" for part in own.reached_by} | {f"stack:{own.stack}"}
    if not own.services or (not touched and keys.isdisjoint(plan.targets)):
        return plan
    named = ", ".join(touched) or "this"
    danger = Danger(Grant.SWARMBOT, f"{named} is a part of swarmbot itself")
    return replace(plan, dangers=(danger, *plan.dangers), warnings=(danger.words, *plan.warnings))


def _may_touch(plan: Plan) -> bool:
    """Whether what it changes can be a part of a stack.

    Nothing is looked at for the others: who founds a Swarm anew, or leaves one that has lost its
    managers, has no leader who could name a service.
    """
    touching = any(target.startswith(_PARTS) for target in plan.targets)
    return touching or bool(plan.services) or isinstance(plan, NodesPlan)


def _moved(own: OwnStack, plan: NodesPlan) -> Iterator[str]:
    """A sentence for every service of the bot's stack whose tasks leave their nodes."""
    nodes = listed(tuple(node.name for node in plan.members))
    for move in plan.moving:
        if move.service.id in own.service_ids:
            yield own_stack_cautions.moves(move, nodes)


def _networks(service: Service) -> Iterator[str]:
    for network in networks_of(service.spec):
        yield str(network.get("Target", ""))


def _files(service: Service) -> Iterator[str]:
    container = (service.spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    for kind in ("Secret", "Config"):
        yield from (str(file.get(f"{kind}ID", "")) for file in container.get(f"{kind}s") or ())
    for mount in container.get("Mounts") or ():
        if mount.get("Type") == "volume" and mount.get("Source"):
            yield str(mount["Source"])
