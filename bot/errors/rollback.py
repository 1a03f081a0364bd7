"""Why a service is not brought back as somebody asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors.base import SwarmbotError
from bot.model import Image, Revision, Rollout


@dataclass(eq=False)
class ChangeUnderWayError(SwarmbotError):
    """A service cannot go back now: `verb` is the change of it that runs (`rollback`, `scale`)."""

    service: str
    verb: str


@dataclass(eq=False)
class RolloutEndedError(SwarmbotError):
    """A rollout was to turn back, and ended at that moment."""

    rollout: Rollout


@dataclass(eq=False)
class PausedUpdateError(SwarmbotError):
    """Swarm paused this very update, with `done` of so many tasks; `line` lets it go on."""

    service: str
    image: Image
    done: int
    replicas: int | None
    line: str


@dataclass(eq=False)
class UnsureRollbackError(SwarmbotError):
    """It is not sure that a person knows what they would go back from, so they are asked.

    `now` is what the service runs, `target` what it would go back to, at the time `at` (UTC);
    `since_message`: it was changed after the message whose button they pressed.
    """

    service: str
    service_id: str
    now: Revision
    target: Revision
    at: datetime
    since_message: bool = False


@dataclass(eq=False)
class RollbackQuestionError(SwarmbotError):
    """A person is asked before a service goes back to `target` from what it runs now; `line` does
    it.

    `runs`: the change is still under way, and turns back.
    """

    service: str
    now: Image
    target: Image
    line: str
    runs: bool = False


@dataclass(eq=False)
class NothingToRollBackError(SwarmbotError):
    """A change of this service moved no image; `verb` is what it was, such as `scale`."""

    service: str
    verb: str


@dataclass(eq=False)
class RolloutUnknownError(SwarmbotError):
    """No change of a service is on record under this id; empty where a message shows none."""

    id: str


@dataclass(eq=False)
class ButtonOutdatedError(SwarmbotError):
    """A button speaks of a change of this service that is no longer on record."""

    service: str


@dataclass(eq=False)
class ImageLostError(SwarmbotError):
    """The registry has no longer the image of the revision to go back to.

    `nodes` are those that run it now; `tag_now` is what its tag stands for today, if anything;
    `older` is an older revision to go to instead, if there is one.
    """

    service: str
    service_id: str
    target: Revision
    nodes: tuple[str, ...]
    tag_now: Image | None
    older: Revision | None
    at: datetime
