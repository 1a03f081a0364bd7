"""The values that the workspace is made of.

State is values: a change replaces a value, and is told in the feed.
"""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]

TEAM = "T0SWARM01"
TEAM_NAME = "Swarm playground"
APP = "A0SWARMBOT"
BOT = "B0SWARMBOT"
BOT_USER = "U0SWARMBOT"
BOT_NAME = "swarmbot"
SLACKBOT = "USLACKBOT"

MANIFEST_SHORTCUTS = {"Roll back": "rollout:back", "Details": "rollout:details"}
"""What the app adds to the menu of a message, with the ids that it is told."""
MANIFEST_SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "users:read",
    "usergroups:read",
    "channels:read",
    "files:write",
    "im:write",
    "im:history",
    "app_mentions:read",
    "users:read.email",
)


@dataclass(frozen=True)
class User:
    """Someone in the workspace; `name` is what people type after `@`; guests are restricted.

    `team` is another workspace's where somebody sees a shared channel from there; `enterprise` is
    the Grid organisation that their workspace belongs to.
    """

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    tz: str = "Europe/Berlin"
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    team: str = TEAM
    enterprise: str = ""


@dataclass(frozen=True)
class Installation:
    """Where the app is installed: a workspace, and the Grid organisation that it is part of.

    `for_all`: in every workspace of the organisation; then payloads name no single one. `scopes`
    are those of the bot token; `refusal` is what every call with it is answered since it was taken
    away, such as `token_revoked`; `uploads` the same for files, such as `file_uploads_disabled`.
    """

    team: str = TEAM
    enterprise: str = ""
    for_all: bool = False
    scopes: tuple[str, ...] = MANIFEST_SCOPES
    refusal: str = ""
    uploads: str = ""


@dataclass(frozen=True)
class Group:
    """A user group (`@ops-team`): its handle and the ids of its members."""

    id: str
    handle: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel, or a direct message when `is_im`: then `members` are the two people.

    `posting` is what who posts there is answered, such as `restricted_action`; empty where
    everybody may. `uploads` is the same for files.
    """

    id: str
    name: str
    members: frozenset[str]
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    posting: str = ""
    uploads: str = ""

    def is_hidden_from(self, user: str) -> bool:
        """Whether Slack tells this user that there is no such channel."""
        return (self.is_im or self.is_private) and user not in self.members


@dataclass(frozen=True)
class Version:
    """A version of a message, from `at` (seconds since 1970) on.

    `seq` is the change in the feed that brought it.
    """

    at: float
    text: str
    blocks: tuple[Block, ...] = ()
    seq: int = 0


@dataclass(frozen=True)
class Posted:
    """A message with its whole life. `only_for` makes it ephemeral: that one person sees it.

    `aloud`: a reply in a thread that is shown in the channel as well. `unshown`: Slack took it and
    shows it to nobody.
    """

    channel: str
    ts: str
    user: str
    versions: tuple[Version, ...]
    thread_ts: str = ""
    aloud: bool = False
    only_for: str = ""
    unshown: bool = False
    files: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    deleted_at: float | None = None

    @property
    def now(self) -> Version:
        """The version that is shown."""
        return self.versions[-1]

    def is_shown_to(self, user: str) -> bool:
        """Whether it is for this reader of its channel, deleted or not."""
        return self.only_for in ("", user) and not self.unshown


@dataclass(frozen=True)
class View:
    """A modal or a Home tab of one person; `content` is what the app sent.

    `errors` are by block id.
    """

    id: str
    kind: str
    user: str
    content: dict[str, Any]
    hash: str
    root: str
    previous: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    filled: dict[str, dict[str, Any]] = field(default_factory=dict)
    seq: int = 0


@dataclass(frozen=True)
class StoredFile:
    """A file: reserved first, then uploaded (`content`), then shared in channels."""

    id: str
    name: str
    title: str
    length: int
    at: float
    content: bytes | None = None
    shared_in: tuple[str, ...] = ()
    alt: str = ""


@dataclass(frozen=True)
class ApiCall:
    """One call of the Web API, as it came and as it was answered; `at` in seconds since 1970."""

    method: str
    arguments: dict[str, Any]
    at: float
    status: int
    answer: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether Slack did what was asked."""
        return bool(self.answer.get("ok"))


@dataclass(frozen=True)
class Delivery:
    """One payload sent to the app.

    `outcome` is pending, acked, timeout, no_connection, or http_<status>. `seq` is the last change
    in the feed before it was sent: whatever the app does in answer has a higher one.
    """

    id: str
    kind: str
    payload: dict[str, Any]
    at: float
    seq: int
    outcome: str = "pending"
    answer: dict[str, Any] = field(default_factory=dict)
    took: float | None = None
    connection: str = ""
    attempt: int = 0


@dataclass(frozen=True)
class Limits:
    """Slack's limits on time and rate; tests shorten them. Seconds, and calls a minute.

    `tiers` are the calls a minute of a method of each tier, from the first on.
    """

    ack_seconds: float = 3.0
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    posts_a_minute: int = 60
    post_burst: int = 10
    updates_a_minute: int = 50
    tiers: tuple[int, ...] = (1, 20, 50, 100)
    ping_seconds: float = 5.0


@dataclass(frozen=True)
class Change:
    """An event of the feed: what changed, and its new value.

    `kind` is message, view, closed, call, delivery, file or socket; `closed` has the view that went
    away.
    """

    seq: int
    kind: str
    at: float
    value: Any
