"""Checks that the image of an older revision can be started, before anything is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from bot.command.model import Context
from bot.errors import ImageLostError, RegistryBusyError, RegistryUnavailableError, SwarmbotError
from bot.model import Image, Revision, Service, TaskState
from bot.model.cluster import RegistryAnswer
from bot.model.revisions import ended_well
from bot.policy.registries import may_be_asked
from bot.render.rollout import plan_warnings


def check(
    context: Context, service: Service, target: Revision, known: Sequence[Revision]
) -> tuple[str, ...]:
    """Warnings about the image of the target.

    Raises ImageLostError where the registry says that it does not have it any more.
    """
    if target.image == service.image:
        return ()
    answer = _asked(context, service, target.image)
    if answer is RegistryAnswer.MISSING:
        older = [r for r in known if _may_replace(r, target)]
        raise ImageLostError(
            service.name,
            service.id,
            target,
            _nodes_with(context, target.image),
            _tag_now(context, target.image),
            next(
                (r for r in reversed(older) if r.image not in (target.image, service.image)), None
            ),
            context.now(),
        )
    if answer is RegistryAnswer.THERE:
        return ()
    return (plan_warnings.registry_silent(target.image),)


def _asked(context: Context, service: Service, image: Image) -> RegistryAnswer | None:
    """What the registry says of exactly this image; None where it cannot be asked."""
    named = [registry.host for registry in context.settings.registries]
    if image.registry != service.image.registry and not may_be_asked(image.registry, named):
        return None
    try:
        return context.swarm.images.held(image)
    except (RegistryUnavailableError, RegistryBusyError):
        return None


def _nodes_with(context: Context, image: Image) -> tuple[str, ...]:
    """Names of the nodes that run this very image, of whatever service."""
    ids = {
        task.node_id
        for task in context.swarm.services.tasks()
        if task.state == TaskState.RUNNING and task.image == image
    }
    return tuple(sorted(node.name for node in context.swarm.nodes.list() if node.id in ids))


def _tag_now(context: Context, image: Image) -> Image | None:
    if not image.tag:
        return None
    with suppress(SwarmbotError):
        return context.swarm.images.resolve(Image.parse(image.tagged)).image
    return None


def _may_replace(revision: Revision, target: Revision) -> bool:
    older = revision.number < target.number and revision.image != target.image
    return older and ended_well(revision)
