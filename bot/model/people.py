"""Who asks, where the answer goes, and what is shown there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.model.picture import Sheet
from bot.model.pipeline_caller import CI_ID, Origin, PipelineRights


class Standing(StrEnum):
    """What somebody is to the workspace.

    A guest is restricted to some channels; a stranger belongs to another workspace, and sees a
    shared channel from there; nobody are bots, closed accounts and people that Slack does not know;
    unknown is whoever could not be looked up just now. A pipeline is CI, which comes by HTTP with a
    token; it is revoked once its token is, or has expired, or the file no longer lets it in.
    """

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    PIPELINE = "pipeline"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: Slack's user id, a name to show, and user groups.

    `groups` are the ids of those that the roles name. Of people only members have roles, whatever
    the configuration says. CI has an id of its own (`ci:NAME`) and the `rights` of its token;
    `origin` is set for each of its requests: every record of a request has who asked, so whoever
    goes on with it knows whom to tell.
    """

    id: str
    name: str
    groups: frozenset[str] = frozenset()
    standing: Standing = Standing.MEMBER
    rights: PipelineRights | None = None
    origin: Origin | None = None

    @property
    def called(self) -> tuple[str, ...]:
        """Whom in Slack to tell what becomes of what was asked: who asked, or the author of CI's
        commit; none where Slack does not know them."""
        if not self.id.startswith(CI_ID):
            return (self.id,)
        return (self.origin.author,) if self.origin and self.origin.author else ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes.

    `thread` is the `ts` of the thread's first message; `response_url` works 30 min, 5 times.
    `button` is the `ts` of the message whose button was clicked, where everybody sees that message.
    """

    channel: str
    thread: str = ""
    response_url: str = ""
    trigger: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A posted message: Slack's channel id and `ts`."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along with a message.

    It is what is too long for one, or a picture, which is drawn on its way out.
    """

    name: str
    content: str | bytes | Sheet
    title: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class MessageState:
    """Which state of which message it is: an older one never replaces a newer one.

    `about` names the message: the id of the change, the request or the incident that it tells of.
    `fence` is that of the lease under which it is written, 0 for a request, whose messages give way
    to those of its run; `number` grows with each state under one fence. After a `final` one only
    another final one comes, or one under a later fence. What is `urgent` is posted even while
    nobody can say whether another bot has posted it: better twice than not at all.
    """

    about: str
    fence: int
    number: int
    final: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What people will see.

    `text` is the notification and what screen readers read, so it is never empty. `fenced` are the
    blocks for where Slack takes no table; empty where `blocks` has none. `state` is None where it
    is never replaced.
    """

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    files: tuple[File, ...] = ()
    fenced: tuple[Mapping[str, Any], ...] = ()
    state: MessageState | None = field(default=None, compare=False, repr=False)
