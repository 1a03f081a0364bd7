"""What people are warned of before a rollout begins."""

from __future__ import annotations

from bot.model import Image, Service


def registry_silent(image: Image) -> str:
    """The registry could not be asked for the image of a rollback."""
    return (
        f"the registry does not say whether it still has `{image.tagged}`: where a node does not "
        "have it, its task cannot start"
    )


def stands_paused(done: int, replicas: int | None) -> str:
    """How far a paused update came."""
    return f"stands paused at {done}/{replicas or '?'}"


def goes_on_too(service: Service, done: int) -> str:
    """A change of a service whose update Swarm has paused."""
    return (
        f"an update of {service.name} {stands_paused(done, service.replicas)}: with this change it "
        f"goes on, and all tasks come to `{service.image.tagged}`"
    )


def goes_on(service: Service, done: int) -> str:
    """A paused update is posted again as it stands."""
    return (
        f"Swarm paused this update at {done}/{service.replicas or '?'}: posted again, it goes on "
        "from there"
    )


def taken_back_by_stack(service: Service, image: Image) -> str:
    """A service of a stack is changed past its file."""
    return (
        f"it belongs to the stack {service.stack}: the next `docker stack deploy` takes this back "
        f"unless its file says `{image.tagged}`"
    )


def overtakes(service: Service) -> str:
    """Somebody else's update rolls."""
    return (
        f"an update of {service.name} that was begun outside swarmbot is rolling now: this takes "
        "its place"
    )


def digest_kept(now: Image, tag: Image) -> str:
    """`--resolve-image changed` keeps a digest that the tag no longer stands for."""
    return (
        f"`{tag.tagged}` stands for another image now ({tag.digest[7:14]}): with "
        f"`--resolve-image changed` the service keeps the old one ({now.digest[7:14]})"
    )
