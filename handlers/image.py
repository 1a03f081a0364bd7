"""What people decide about new images that the bot has found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from bot.command.fields import Argument, ImageReference, Lookup, Name
from bot.command.model import Change, Command, Context
from bot.model import Difference, Ending, Image, Outcome, Plan
from bot.model.image_version import VersionPart, part_between
from bot.model.new_image import NewImage, OfferState
from bot.render import new_images
from bot.render.slack.blocks import familiar
from bot.rollout.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipPlan(Plan):
    """The service (id), and what is skipped: a tag, or a digest where the tag stays."""

    service_id: str
    wanted: str


class SkipImage(Change[SkipPlan]):
    """Ask no more whether a service is to get this image; a newer one is asked about again."""

    names: ClassVar = ("image skip",)
    examples: ClassVar = ("image skip web shop/web:2.0",)
    heeds_holds: ClassVar = False

    service: Annotated[Name, Argument("SERVICE"), Lookup("service")]
    image: Annotated[ImageReference, Argument("IMAGE")]

    def plan(self, context: Context) -> SkipPlan:
        """What is meant: a version, or a build of the version that the service has."""
        service, image = context.swarm.services.find(self.service), Image.parse(self.image)
        part = part_between(service.image.tag, image.tag)
        wanted = image.digest if part is VersionPart.DIGEST else image.tag
        is_skipped = context.store.new_images.is_skipped(service.id, wanted)
        named = familiar(image)
        return SkipPlan(
            title=f"skip {named} for {service.name}",
            targets=(),
            fingerprint=f"{service.id} {wanted}",
            services=(service.name,),
            changes=(Difference("skipped", "", named),),
            needs_approval=False,
            noop_reason=f"{named} is skipped already" if is_skipped else "",
            service_id=service.id,
            wanted=wanted,
        )

    def apply(self, context: Context, plan: SkipPlan, run: Run) -> Outcome:
        """Remember it, and end the question."""
        del run
        store, actor = context.store.new_images, context.actor
        store.skip(plan.service_id, plan.wanted, context.now())

        def step(offer: NewImage | None) -> NewImage | None:
            if offer is None or offer.key != plan.wanted or offer.state is not OfferState.OPEN:
                return offer
            return replace(offer, state=OfferState.SKIPPED, by=actor.name)

        store.apply(plan.service_id, step)
        named = familiar(Image.parse(self.image))
        message = new_images.skipped(plan.services[0], named)
        return Outcome(ending=Ending.DONE, title=plan.title, seconds=0, private=message)


COMMANDS: tuple[type[Command], ...] = (SkipImage,)
