"""Checks an image before anything runs it: registry, digest, platforms, health check.

Shared by every command that names an image. Swarm itself checks nothing of this; it would only
wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.command.model import Context
from bot.errors import (
    ImageNotFoundError,
    ImageOnlyOnNodeError,
    NoPlatformError,
    PrivateRegistryError,
    RegistryDeniedError,
    RegistryUnavailableError,
)
from bot.model import Image, Node, ResolvedImage, Service, Spec
from bot.policy.registries import may_be_asked
from bot.registry import signatures
from bot.registry.reader import host_of
from bot.swarm.scheduler import constraints
from bot.swarm.spec import edit

NOT_RESOLVED = "the tag is not resolved: every node pulls what the tag is at that moment"


def as_it_is(context: Context, image: Image) -> tuple[ResolvedImage, tuple[str, ...]]:
    """The image by its tag alone, with warnings, as `--resolve-image never` wants it.

    Raises UnsignedImageError where images of its registry have to be signed.
    """
    tagged = with_tag(image)
    _refuse_unsigned(context, tagged)
    if not image.registry:
        return ResolvedImage(tagged), (NOT_RESOLVED, _no_registry(tagged))
    return ResolvedImage(tagged), (NOT_RESOLVED,)


def with_tag(image: Image) -> Image:
    """The image with the tag that Docker takes where none is given."""
    return image if image.tag or image.digest else replace(image, tag="latest")


def resolve(
    context: Context, image: Image, service: Service, nodes: Sequence[Node]
) -> tuple[ResolvedImage, tuple[str, ...]]:
    """The image pinned to its digest, with warnings.

    `service` is the one that is to run it. Raises what the registry says, PrivateRegistryError,
    ImageOnlyOnNodeError, NoPlatformError, UnsignedImageError.
    """
    _refuse_private(context, image)
    resolved = _ask(context, image)
    wanted = constraints.platforms(service, nodes)
    if resolved.platforms and wanted and not constraints.fits(resolved.platforms, wanted):
        raise NoPlatformError(image, resolved.platforms, tuple(sorted(wanted)))
    _refuse_unsigned(context, resolved.image)
    return resolved, _health_warning(context, service.spec, resolved.image)


def _refuse_private(context: Context, image: Image) -> None:
    """Let no manager be sent to a host of a private network that nothing names as a registry."""
    named = [registry.host for registry in context.settings.registries]
    if may_be_asked(image.registry, named):
        return
    services = context.swarm.seen_by(None).services.list()
    if image.registry not in {service.image.registry for service in services}:
        raise PrivateRegistryError(image)


def _refuse_unsigned(context: Context, image: Image) -> None:
    """Look for a signature where images of this registry have to have one."""
    key_file = context.settings.signature_key(host_of(image))
    if key_file:
        signatures.verify(context.registry, image, key_file)


def _ask(context: Context, image: Image) -> ResolvedImage:
    try:
        return context.swarm.images.resolve(image)
    except (ImageNotFoundError, RegistryDeniedError, RegistryUnavailableError) as error:
        if image.registry or context.swarm.images.has_healthcheck(image) is None:
            raise
        raise ImageOnlyOnNodeError(error.image) from error


def _no_registry(image: Image) -> str:
    return (
        f"`{image}` names no registry, so every node asks Docker Hub: Swarm never uses an image "
        "that only lies on a node"
    )


def _health_warning(context: Context, wanted: Spec, image: Image) -> tuple[str, ...]:
    if edit.has_healthcheck(wanted) or context.swarm.images.has_healthcheck(image) is not False:
        return ()
    return ("the image has no health check: a task counts as up as soon as it runs",)
