"""The settings as frozen values: what the operator may write, with its defaults and bounds."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.model.alert_facts import AlertKind
from bot.model.approval import LIFETIME
from bot.model.certificate_limits import CertificateLimits
from bot.model.danger import Grant
from bot.model.duration import read_duration, read_span
from bot.model.incident import RULES, AlertRule, Severity
from bot.settings.ci import CiSettings
from bot.settings.sources import SecretFiles, Variables, config_file

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def _read_lifetime(value: object) -> object:
    """A bare number is no duration: pydantic would take it for seconds."""
    lifetime = read_duration(str(value) if isinstance(value, int | float) else value)
    if isinstance(lifetime, timedelta) and lifetime <= timedelta():
        raise ValueError("a duration above 0s")
    return lifetime


def _read_span(value: object) -> object:
    """A duration as Docker writes it, or in days and weeks: `45s`, `12h`, `14d`."""
    return read_span(str(value) if isinstance(value, int | float) else value)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineSettings(_Part):
    """A Docker engine that the bot talks to.

    `tls` is a folder with `ca.pem`, `cert.pem` and `key.pem`.
    """

    name: str = Field(min_length=1)
    url: str = Field(pattern=r"^(unix|tcp|ssh|http|https)://")
    tls: str | None = None


class RegistrySettings(_Part):
    """A registry: `host[:port]` as in the names of images (`docker.io` for Docker Hub), or a
    pattern for several. Managers may be sent to it, also on a private network.

    `plain_http`: it speaks HTTP without TLS. `require_signature` is a file with a public key of
    cosign: only images that are signed with it are deployed.

    Its credentials come from one place: a user and a file with the password, a configuration file
    of Docker's, or a credential helper by its short name (`ecr-login` is the program
    `docker-credential-ecr-login`).
    """

    host: str = Field(min_length=1)
    plain_http: bool = False
    require_signature: Path | None = None
    username: str = ""
    password_file: Path | None = None
    docker_config: Path | None = None
    helper: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")

    @property
    def place(self) -> str:
        """Where its credentials come from, as people know it; empty where there are none."""
        path = self.password_file or self.docker_config
        return str(path or "") or (f"docker-credential-{self.helper}" if self.helper else "")


class ImagesSettings(_Part):
    """How new images are found, and who deploys them by itself.

    `look_every`: how often registries are asked. `hook_secret_file`: the secret of their own
    notifications. `role` is that of the bot where a label lets it deploy without being asked.
    """

    look_every: Annotated[
        timedelta,
        BeforeValidator(_read_span),
        Field(ge=timedelta(minutes=1), le=timedelta(days=1)),
    ] = timedelta(minutes=5)
    hook_secret_file: Path | None = None
    role: str = ""


class Role(_Part):
    """Who people are: Slack user ids, and ids of user groups.

    With `ci`, tokens and entries of `[[ci]]` may have it too.
    """

    name: str = Field(min_length=1)
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ci: bool = False


class PolicyRule(_Part):
    """Who may ask for which commands on which services; the first rule that matches decides.

    `images` are patterns of names that services may be given (with the registry, without the tag);
    `grants`: what of a specification may reach the host, or what is others'.
    """

    commands: tuple[str, ...] = ("*",)
    services: tuple[str, ...] = ("*",)
    ask: tuple[str, ...] = ()
    approve: tuple[str, ...] = ()
    approvals: int = Field(default=1, ge=1)
    self_approval: bool = False
    over_replicas: int | None = Field(default=None, ge=0)
    images: tuple[str, ...] = ("*",)
    grants: tuple[Grant, ...] = ()


Span = Annotated[timedelta, BeforeValidator(_read_span), Field(ge=timedelta())]


class WatchRule(_Part):
    """What is otherwise for one kind of alert than it is by default.

    The defaults are `RULES` of `bot.model.incident`.
    """

    severity: Severity | None = None
    after: Span | None = None
    watched: bool = True


Called = Annotated[str, Field(pattern=r"^([UWS][A-Z0-9]{2,20}|here|channel|everyone)$")]
"""A user, a user group (both by their ids), or `here`, `channel` or `everyone`."""


class WatchSettings(_Part):
    """What the watch looks at, how it judges, and whom it tells.

    `channels` by severity; left out: `channel`. `call` names whom an alert notifies, by severity. A
    certificate is trouble with less than `certificate_share` of its life left, or less than
    `certificate_left`; one of `endpoints` (`host:port`), which nobody renews by rule, with less
    than `endpoint_left`. `certificate_agent`
    is an image with a shell that may run on every node to read its own certificate. `heartbeat` is
    a URL that is called every `heartbeat_every` while all is well with the bot. `digest` is a time
    (UTC).
    """

    channels: dict[Severity, str] = Field(default_factory=dict)
    call: dict[Severity, tuple[Called, ...]] = Field(default_factory=dict)
    rules: dict[AlertKind, WatchRule] = Field(default_factory=dict)
    endpoints: tuple[Annotated[str, Field(pattern=r"^[^\s:/]+:\d{1,5}$")], ...] = ()
    certificate_share: float = Field(default=0.2, ge=0, le=1)
    certificate_left: Span = timedelta()
    endpoint_left: Span = timedelta(days=14)
    certificate_agent: str = ""
    heartbeat: str = Field(default="", pattern=r"^(https?://\S+)?$")
    heartbeat_every: Span = timedelta(seconds=60)
    digest: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")
    digest_channel: str = ""

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


class ReadsSettings(_Part):
    """What people may read who are not members of the workspace: patterns of commands.

    `["*"]` is every read that rules leave open. Bots and closed accounts read nothing.
    """

    guests: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


class MessagesSettings(_Part):
    """What messages in the channel may say, and who may see them.

    `log_tail`: the last log lines of a task that failed, with dots for what looks like a secret.
    `shared_channels`: whether channels that people of other workspaces see are warned of, or keep
    the bot from its start.
    """

    log_tail: bool = True
    shared_channels: Literal["warn", "refuse"] = "warn"


class Settings(BaseSettings):
    """Everything that the operator decides. Secrets are `SecretStr`; the rest may be logged."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    redis_url: SecretStr | None = None
    data: Path = Field(default=Path("data"), validation_alias="SWARMBOT_DATA")
    own_service: str = Field(default="", validation_alias="SWARMBOT_SERVICE")
    key_file: Path | None = Field(default=None, validation_alias="SWARMBOT_KEY_FILE")
    http: str = Field(
        default="127.0.0.1:8090", validation_alias="SWARMBOT_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    slack_http: str = Field(
        default="127.0.0.1:3000", validation_alias="SWARMBOT_SLACK_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    docker_host: str = "unix:///var/run/docker.sock"

    channel: str = ""
    command: str = Field(default="/swarm", pattern=r"^/[a-z0-9_-]{1,31}$")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    readiness_details: tuple[IPvAnyNetwork, ...] = LOOPBACK
    approval_lifetime: Annotated[timedelta, BeforeValidator(_read_lifetime)] = LIFETIME
    engines: tuple[EngineSettings, ...] = ()
    registries: tuple[RegistrySettings, ...] = ()
    images: ImagesSettings = ImagesSettings()
    roles: tuple[Role, ...] = ()
    rules: tuple[PolicyRule, ...] = ()
    watch: WatchSettings = WatchSettings()
    messages: MessagesSettings = MessagesSettings()
    reads: ReadsSettings = ReadsSettings()
    ci: tuple[CiSettings, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file.

        So a secret store can override what is checked in.
        """
        del env_settings, dotenv_settings, file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, Variables(settings_cls), SecretFiles(settings_cls), toml

    @property
    def managers(self) -> tuple[EngineSettings, ...]:
        """The configured engines, or the one that `DOCKER_HOST` names."""
        return self.engines or (EngineSettings(name="local", url=self.docker_host),)

    @property
    def listen(self) -> tuple[str, int]:
        """Host and TCP port where health, readiness and metrics are answered."""
        return _host_and_port(self.http)

    @property
    def slack_listen(self) -> tuple[str, int]:
        """Host and TCP port where Slack's requests are answered in HTTP mode."""
        return _host_and_port(self.slack_http)

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that something is posted in by itself."""
        watch = self.watch
        named = (self.channel, *watch.channels.values(), watch.digest_channel)
        return tuple(dict.fromkeys(channel for channel in named if channel))

    def registry(self, host: str) -> RegistrySettings | None:
        """What is written of a registry (`docker.io` for Docker Hub), where something is.

        The first that names the host counts, before all patterns.
        """
        fitting = [known for known in self.registries if fnmatchcase(host, known.host)]
        named = [known for known in fitting if known.host == host]
        return next(iter((*named, *fitting)), None)

    def signature_key(self, host: str) -> Path | None:
        """The public key with which the images of a registry have to be signed, where one is.

        Every entry that fits the host counts: what asks for signatures is not undone by another.
        """
        fitting = (known for known in self.registries if fnmatchcase(host, known.host))
        return next((known.require_signature for known in fitting if known.require_signature), None)

    def roles_of(self, user: str, groups: frozenset[str] = frozenset()) -> frozenset[str]:
        """The names of the roles that a user has, by id or by user group."""
        return frozenset(
            r.name for r in self.roles if user in r.users or groups.intersection(r.groups)
        )

    @property
    def ci_roles(self) -> frozenset[str]:
        """The names of the roles that CI may have."""
        return frozenset(role.name for role in self.roles if role.ci)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)
