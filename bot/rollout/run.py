"""A change under way, as every command that applies one is handed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.model import Message, Progress, Rollout
from bot.spans import PutOffError
from bot.store.lease import Lease


class StoppingError(PutOffError):
    """The bot is being stopped: the rollout stays recorded, and the next bot goes on with it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A change under way, with what it needs to be recorded and shown.

    It runs under `lease`; `audit` is the id of its entry, `show` shows progress. `tell` shows how
    far a change has come that is no rollout of a service. `request` is the id of the
    request that it runs by, `part_of` that of the change that it is a part of; both may be empty.
    `shown_as` names its message among all; it stands in `channel`, and in that `thread` if any.
    `trace` is the traceparent of its span; empty where there are no traces.
    """

    id: str
    channel: str
    lease: Lease
    audit: str
    show: Callable[[Rollout, Progress], None]
    tell: Callable[[Message], None] = lambda message: None  # noqa: ARG005 - nobody watches
    approved_by: tuple[str, ...] = ()
    request: str = ""
    part_of: str = ""
    shown_as: str = ""
    thread: str = ""
    trace: str = ""
