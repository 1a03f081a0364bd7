"""What the operator may write in the tables of the file, but for the watch and CI.

The line below a key says what it means; docs/configure.md is made of these lines.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.model.danger import Grant
from bot.model.duration import read_span


def _read_span(value: object) -> object:
    """A duration as Docker writes it, or in days and weeks: `45s`, `12h`, `14d`."""
    return read_span(str(value) if isinstance(value, int | float) else value)


Span = Annotated[timedelta, BeforeValidator(_read_span), Field(ge=timedelta())]


class SettingsTable(BaseModel):
    """A table of the file: whatever key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineSettings(SettingsTable):
    """A Docker engine that the bot talks to.

    Name every manager, so that the bot goes on when one is lost.
    """

    name: str = Field(min_length=1)
    """What people call the machine, and what `--on` takes."""
    url: str = Field(pattern=r"^(unix|tcp|ssh|http|https)://")
    """Where the engine answers: `unix:///var/run/docker.sock`, `tcp://10.0.0.1:2376`, `ssh://…`."""
    tls: str | None = None
    """A folder with `ca.pem`, `cert.pem` and `key.pem`, for `tcp://` and `https://`."""


class RegistrySettings(SettingsTable):
    """A registry, with what the bot may do there. Managers may be sent to it, also on a private
    network.

    Its credentials come from one place: a user and a file with the password, a configuration file
    of Docker's, or a credential helper.
    """

    host: str = Field(min_length=1)
    """`host[:port]` as in the names of images (`docker.io` for Docker Hub), or a pattern for
    several."""
    plain_http: bool = False
    """Whether it speaks HTTP without TLS."""
    require_signature: Path | None = None
    """A file with a public key of cosign: only images that are signed with it are deployed."""
    username: str = ""
    """The user of the registry; it takes a `password_file`."""
    password_file: Path | None = None
    """A file with the password of `username`, or with a token."""
    docker_config: Path | None = None
    """A configuration file of Docker's (`config.json`) with a login for this registry."""
    helper: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    """A credential helper by its short name: `ecr-login` is the program
    `docker-credential-ecr-login`."""

    @property
    def place(self) -> str:
        """Where its credentials come from, as people know it; empty where there are none."""
        path = self.password_file or self.docker_config
        return str(path or "") or (f"docker-credential-{self.helper}" if self.helper else "")


class ImagesSettings(SettingsTable):
    """How new images are found, and who deploys them by itself."""

    look_every: Annotated[
        timedelta,
        BeforeValidator(_read_span),
        Field(ge=timedelta(minutes=1), le=timedelta(days=1)),
    ] = timedelta(minutes=5)
    """How often registries are asked for new images."""
    hook_secret_file: Path | None = None
    """A file with the secret of the registries' own notifications."""
    role: str = ""
    """The role (with `ci = true`) of the bot where a label lets it deploy without being asked."""


class Role(SettingsTable):
    """Who people are. With no roles the bot only reads."""

    name: str = Field(min_length=1)
    """The name by which rules mean it."""
    users: tuple[str, ...] = ()
    """Slack ids of people (`U…`)."""
    groups: tuple[str, ...] = ()
    """Slack ids of user groups (`S…`)."""
    ci: bool = False
    """Whether tokens and entries of `[[ci]]` may have it too."""


class PolicyRule(SettingsTable):
    """Who may ask for which commands on which services; the first rule that fits decides."""

    commands: tuple[str, ...] = ("*",)
    """Patterns of commands, by any of their names (`scale` is `service scale`); `*` is every change
    and no read."""
    services: tuple[str, ...] = ("*",)
    """Patterns of services; also for reads that a rule names."""
    ask: tuple[str, ...] = ()
    """Roles that may ask."""
    approve: tuple[str, ...] = ()
    """Roles that have to approve; without any it runs at once."""
    approvals: int = Field(default=1, ge=1)
    """How many different people have to approve."""
    self_approval: bool = False
    """Whether who asks counts among them."""
    over_replicas: int | None = Field(default=None, ge=0)
    """Approval only above this count, and for falls to none or by half; left out: always."""
    images: tuple[str, ...] = ("*",)
    """Patterns of images that services may be given: the name with its registry, without the
    tag."""
    grants: tuple[Grant, ...] = ()
    """What of a specification may reach the host, or what is others'."""


class ReadsSettings(SettingsTable):
    """What people may read who are not members of the workspace: patterns of commands.

    `["*"]` is every read that rules leave open. Bots and closed accounts read nothing.
    """

    guests: tuple[str, ...] = ()
    """What guests of the workspace read."""
    strangers: tuple[str, ...] = ()
    """What people of other workspaces read, in channels that are shared with them."""


class MessagesSettings(SettingsTable):
    """What messages in the channel may say, and who may see them."""

    log_tail: bool = True
    """Whether the last log lines of a task that failed are shown, with dots for what looks like a
    secret."""
    shared_channels: Literal["warn", "refuse"] = "warn"
    """Whether channels that people of other workspaces see are warned of, or keep the bot from its
    start."""
