"""Which of the images that a service ran is the one to go back to; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.change import Ending
from bot.model.images import Image
from bot.model.rollout import Revision

FOUND = "found"
"""Note of the image that a service ran when the bot first saw it."""
OUTSIDE = "outside"
"""Note of an image to which somebody else changed a service."""
EARLIER = "earlier"
"""Note of an image that only Swarm's previous specification names."""
UNSURE = (FOUND, OUTSIDE)
"""Notes of revisions of which people may not know."""


def in_place(known: Sequence[Revision]) -> Image | None:
    """The image that the service runs by its revisions: the newest that was not rolled back."""
    kept = (revision.image for revision in reversed(known) if revision.ending != Ending.ROLLED_BACK)
    return next(kept, None)


def of_image(known: Sequence[Revision], image: Image) -> Revision | None:
    """The newest revision with this image."""
    return next((revision for revision in reversed(known) if revision.image == image), None)


def before(known: Sequence[Revision], image: Image) -> Revision | None:
    """The revision to go back to from this image: the newest earlier one that ended well.

    From what was itself gone back to, it is the one before that: whoever rolls back twice never
    gets the version back that they rolled away from.
    """
    now = of_image(known, image)
    if now and _is_rollback(now):
        first = [r for r in known if r.image == image and not _is_rollback(r)]
        now = first[-1] if first else now
    earlier = [r for r in known if now is None or r.number < now.number]
    good = (r for r in reversed(earlier) if ended_well(r) and r.image != image)
    return next(good, None)


def ended_well(revision: Revision) -> bool:
    """Whether nothing is known against it."""
    return revision.ending in ("", Ending.DONE)


def _is_rollback(revision: Revision) -> bool:
    return revision.note.endswith("rollback")
