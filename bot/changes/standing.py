"""What a service is in the middle of when it is to be changed, and whose it is."""

from __future__ import annotations

from contextlib import suppress

from bot.changes import rollout_plan
from bot.command.model import Context
from bot.errors import SwarmbotError
from bot.model import Image, Service, Spec
from bot.model.revisions import before
from bot.render.rollout import plan_warnings
from bot.swarm.spec import edit


def warnings(context: Context, service: Service, changed: Spec) -> tuple[str, ...]:
    """What people have to know of how the service stands before it is deployed."""
    said = []
    if service.stack and edit.image_of(changed) != service.image:
        said.append(plan_warnings.taken_back_by_stack(service, edit.image_of(changed)))
    rolls = service.update is not None and service.update.state in ("updating", "rollback_started")
    if rolls and context.store.rollouts.of_service(service.id) is None:
        said.append(plan_warnings.overtakes(service))
    is_same = edit.fingerprint(changed) == edit.fingerprint(service.spec)
    if rollout_plan.is_paused(service) and is_same:
        said.append(plan_warnings.goes_on(service, done(context, service)))
    return (*said, *paused(context, service, changed))


def paused(context: Context, service: Service, changed: Spec) -> tuple[str, ...]:
    """A warning where the change lets an update go on that Swarm has paused."""
    kept = edit.image_of(changed) == service.image
    is_same = edit.fingerprint(changed) == edit.fingerprint(service.spec)
    if not rollout_plan.is_paused(service) or not kept or is_same:
        return ()
    return (plan_warnings.goes_on_too(service, done(context, service)),)


def last_good(context: Context, service: Service) -> Image | None:
    """Of a service whose update stands paused, the image that last ended well.

    Swarm's previous specification would not do: posting a paused update again makes that one the
    previous one.
    """
    if not rollout_plan.is_paused(service):
        return None
    known = before(context.store.revisions.of(service.id), service.image)
    if known:
        return known.image
    previous = edit.image_of(service.previous) if service.previous else service.image
    return previous if previous != service.image else None


def kept_digest(context: Context, service: Service, image: Image) -> tuple[str, ...]:
    """A warning where the tag of the service's image stands for another digest by now."""
    with suppress(SwarmbotError):
        now = context.swarm.images.resolve(image).image
        if now.digest != service.image.digest:
            return (plan_warnings.digest_kept(service.image, now),)
    return ()


def done(context: Context, service: Service) -> int:
    """How many tasks of the service run as its specification says."""
    tasks = context.swarm.services.tasks(service.id, marked=True)
    return sum(task.up_to_date and task.runs for task in tasks)
