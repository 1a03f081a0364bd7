"""A change of several services, or one that takes long: taken up as one by whoever comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model.change import Ending, Plan
from bot.model.people import Actor


@dataclass(frozen=True, slots=True)
class Member:
    """One service of a batch. `title` says what is done to it, `rollout` is the id of its rollout.

    `fingerprint` stands for its part of the plan. `ending` is empty until it has ended; `line` says
    then how.
    """

    name: str
    title: str
    service_id: str
    rollout: str
    fingerprint: str
    ending: Ending | None = None
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What there is to know of the whole change. `id` is that of its message.

    `command` is the command as JSON, and `plan` what people saw of its plan; `request` is the id of
    the request for approval that it ran by, if any; `shown_as` names its message among all.
    `members` is empty where it changes no services. `trace`: the traceparent of the span in which
    it began, if any.
    """

    id: str
    command: Mapping[str, Any]
    plan: Plan
    actor: Actor
    channel: str
    audit: str
    started: datetime
    members: tuple[Member, ...]
    approved_by: tuple[str, ...] = ()
    request: str = ""
    shown_as: str = ""
    thread: str = ""
    trace: str = ""
