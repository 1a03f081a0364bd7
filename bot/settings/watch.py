"""What the operator may write about the watch.

The line below a key says what it means; docs/configure.md is made of these lines.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from bot.model.alert_facts import AlertKind
from bot.model.certificate_limits import CertificateLimits
from bot.model.incident import RULES, AlertRule, Severity
from bot.settings.parts import SettingsTable, Span


class WatchRule(SettingsTable):
    """What is otherwise for one kind of alert than it is by default."""

    severity: Severity | None = None
    """How bad it is."""
    after: Span | None = None
    """For so long it may pass by itself."""
    watched: bool = True
    """Whether anybody wants to hear of it."""


Called = Annotated[str, Field(pattern=r"^([UWS][A-Z0-9]{2,20}|here|channel|everyone)$")]
"""A user, a user group (both by their ids), or `here`, `channel` or `everyone`."""


class WatchSettings(SettingsTable):
    """What the watch looks at, how it judges, and whom it tells."""

    channels: dict[Severity, str] = Field(default_factory=dict)
    """Where alerts are posted, by severity: ids of channels; left out: `channel`."""
    call: dict[Severity, tuple[Called, ...]] = Field(default_factory=dict)
    """Whom an alert notifies, by severity: ids of users and user groups, `here`, `channel`,
    `everyone`."""
    rules: dict[AlertKind, WatchRule] = Field(default_factory=dict)
    """What is otherwise for one kind of alert; see `[watch.rules.KIND]`."""
    endpoints: tuple[Annotated[str, Field(pattern=r"^[^\s:/]+:\d{1,5}$")], ...] = ()
    """Further certificates to look after, as `host:port`."""
    certificate_share: float = Field(default=0.2, ge=0, le=1)
    """A certificate with less than this share of its life left is trouble."""
    certificate_left: Span = timedelta()
    """A certificate with less than this left is trouble."""
    endpoint_left: Span = timedelta(days=14)
    """The same for one of `endpoints`, which nobody renews by rule."""
    certificate_agent: str = ""
    """An image with a shell that may run on every node to read its own certificate."""
    heartbeat: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """A URL that is called while all is well with the bot: silence means that it is not."""
    heartbeat_every: Span = timedelta(seconds=60)
    """How often it is called."""
    digest: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")
    """The time (UTC) of the daily digest, such as `08:00`."""
    digest_channel: str = ""
    """The channel of the digest; left out: `channel`."""

    @property
    def certificate_limits(self) -> CertificateLimits:
        """When a certificate is trouble."""
        return CertificateLimits(self.certificate_share, self.certificate_left, self.endpoint_left)

    def rule(self, kind: AlertKind) -> AlertRule:
        """What holds for this kind of alert."""
        default, own = RULES[kind], self.rules.get(kind, WatchRule())
        return AlertRule(
            own.severity or default.severity,
            default.after if own.after is None else own.after,
            own.watched,
        )
