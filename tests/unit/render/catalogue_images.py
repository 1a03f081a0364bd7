"""The messages about new images, by the name of their golden files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.model import Actor, Image, Message
from bot.model.hold import Hold
from bot.model.image_version import VersionPart
from bot.model.new_image import NewImage, OfferState, OfferSurroundings
from bot.render import new_images
from tests.unit.render import values as v

BEFORE = Image("registry.internal:5000/shop/api", "1.4.2", f"sha256:{'4f2a91c' * 9}a")
AFTER = replace(BEFORE, tag="1.4.3", digest=f"sha256:{'9be01d2' * 9}a")
OFFER = NewImage(
    id="n1",
    service_id="s3",
    service="api",
    before=BEFORE,
    after=AFTER,
    part=VersionPart.PATCH,
    at=v.NOW - timedelta(minutes=2),
    pushed=True,
)
REBUILT = replace(
    OFFER, after=replace(AFTER, tag="1.4.2"), part=VersionPart.DIGEST, pushed=False, at=v.NOW
)
HOLD = Hold(
    pattern="api",
    owner=Actor("U2", "ann"),
    reason=v.HOSTILE,
    since=v.NOW,
    until=v.NOW + timedelta(hours=2),
)
FREE = OfferSurroundings()


def messages() -> Mapping[str, Callable[[], Message]]:
    """Every message about a new image."""
    return {
        "image": lambda: new_images.offer(OFFER, FREE, v.NOW),
        "image-digest": lambda: new_images.offer(REBUILT, FREE, v.NOW),
        "image-held": lambda: new_images.offer(OFFER, OfferSurroundings(hold=HOLD), v.NOW),
        "image-frozen": lambda: new_images.offer(
            OFFER, OfferSurroundings(hold=replace(HOLD, freeze=True, until=None, reason="x")), v.NOW
        ),
        "image-changing": lambda: new_images.offer(OFFER, OfferSurroundings(changing=True), v.NOW),
        "image-waiting": lambda: new_images.offer(OFFER, OfferSurroundings(waiting=True), v.NOW),
        "image-refused": lambda: new_images.offer(
            replace(OFFER, why="Only operator may deploy api."), FREE, v.NOW + timedelta(days=3)
        ),
        **{
            f"image-{state.replace(' ', '-')}": partial(
                new_images.offer, replace(OFFER, state=state, by="dev"), FREE, v.NOW
            )
            for state in OfferState
            if state is not OfferState.OPEN
        },
        "image-skip": lambda: new_images.skipped("api", "shop/api:1.4.3"),
    }
