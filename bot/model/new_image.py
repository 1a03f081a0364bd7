"""A new image of a service: from the moment that the bot finds it to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.hold import Hold
from bot.model.image_version import VersionPart, newest, part_between
from bot.model.images import Image
from bot.model.people import MessageRef
from bot.model.rollout import Revision
from bot.model.swarm import Service

AUTO_LABEL = "swarmbot.auto"
"""The label of a service whose new images are looked for; its value says how far they may go."""
APPROVE_LABEL = "swarmbot.auto.approve"
"""With `true` the bot asks for the deploy itself, as far as the rules let it."""


class OfferState(StrEnum):
    """What has become of it.

    OPEN: nobody has decided yet, or the bot is at it. TURNED_BACK: it was deployed, and the service
    runs another one again. WITHDRAWN: it is no longer what would come next.
    """

    OPEN = "open"
    DEPLOYED = "deployed"
    TURNED_BACK = "turned back"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """A newer image that a service may run, of which people are asked at most once.

    `part` is by how much it is newer. `at` is when the bot found it; `pushed`: a moment before, the
    registry itself had said that something was pushed. `by` skipped it. `command` is the id of the
    command by which the bot asks for the deploy itself, empty where it does not; `why` says why
    nothing came of that, and `replaced` is such a command for an older image. `message` is where
    people are asked, None where they are not.
    """

    id: str
    service_id: str
    service: str
    before: Image
    after: Image
    part: VersionPart
    at: datetime
    pushed: bool = False
    state: OfferState = OfferState.OPEN
    by: str = ""
    command: str = ""
    replaced: str = ""
    why: str = ""
    message: MessageRef | None = None

    @property
    def key(self) -> str:
        """What is meant by skipping it: the version, or the build where the version is the same."""
        return self.after.digest if self.part is VersionPart.DIGEST else self.after.tag

    @property
    def deployable(self) -> str:
        """The image as it is deployed: its tag may move, its digest does not."""
        return str(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSurroundings:
    """What keeps a new image from being deployed at this moment: a hold, a change of the service
    that runs, a request for approval that waits."""

    hold: Hold | None = None
    changing: bool = False
    waiting: bool = False

    @property
    def keeps(self) -> bool:
        """Whether anything does."""
        return self.hold is not None or self.changing or self.waiting


def allowed_part(labels: Mapping[str, str]) -> VersionPart | None:
    """How far new images of a service may go by its label; None where it has none, or another
    word."""
    value = labels.get(AUTO_LABEL, "").strip().lower()
    return VersionPart(value) if value in list(VersionPart) else None


def approves_itself(labels: Mapping[str, str]) -> bool:
    """Whether the label says that the bot asks for the deploy itself."""
    return labels.get(APPROVE_LABEL, "").strip().lower() == "true"


def candidate_tag(current: Image, tags: Iterable[str], allowed: VersionPart) -> str:
    """The tag to look at: a newer one where there is one, else the tag that the service has."""
    return newest(current.tag, tags, allowed) or current.tag


def is_news(current: Image, found: Image, known: Iterable[Revision]) -> bool:
    """Whether the service does not run it, and has never run it: what was rolled back, or what
    somebody went back from, is not offered again.

    Without a digest of what runs nobody knows whether a tag has moved.
    """
    if found.tag == current.tag and (not current.digest or found.digest == current.digest):
        return False
    part = part_between(current.tag, found.tag)
    ran = [revision.image for revision in known if revision.image.name == found.name]
    if part is VersionPart.DIGEST:
        return found.digest not in {image.digest for image in ran}
    return found.tag not in {image.tag for image in ran}


def judged(offer: NewImage, service: Service | None, known: Iterable[Revision]) -> OfferState:
    """What has become of an open offer, by what the service (None: it is gone) is to run now, and
    by what it has run."""
    if offer.state is not OfferState.OPEN:
        return offer.state
    if service is None or allowed_part(service.labels) is None:
        return OfferState.WITHDRAWN
    if _is_reached(offer, service.image):
        return OfferState.DEPLOYED
    if not is_news(service.image, offer.after, known):
        return OfferState.TURNED_BACK
    return OfferState.OPEN if service.image == offer.before else OfferState.WITHDRAWN


def _is_reached(offer: NewImage, current: Image) -> bool:
    """Whether the service is to run what is offered."""
    return current.name == offer.after.name and (
        current.digest == offer.after.digest
        or (offer.part is not VersionPart.DIGEST and current.tag == offer.after.tag)
    )
