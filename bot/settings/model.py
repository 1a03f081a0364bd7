"""The settings as frozen values: what the operator may write, with its defaults and bounds.

The line below a key says what it means; docs/configure.md is made of these lines.
"""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.model.approval import LIFETIME
from bot.model.duration import read_duration
from bot.settings.ci import CiSettings
from bot.settings.parts import (
    EngineSettings,
    ImagesSettings,
    MessagesSettings,
    PolicyRule,
    ReadsSettings,
    RegistrySettings,
    Role,
)
from bot.settings.sources import SecretFiles, Variables, config_file
from bot.settings.watch import WatchSettings

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def _read_lifetime(value: object) -> object:
    """A bare number is no duration: pydantic would take it for seconds."""
    lifetime = read_duration(str(value) if isinstance(value, int | float) else value)
    if isinstance(lifetime, timedelta) and lifetime <= timedelta():
        raise ValueError("a duration above 0s")
    return lifetime


class Settings(BaseSettings):
    """Everything that the operator decides. Secrets are `SecretStr`; the rest may be logged."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    """The bot token (`xoxb-…`)."""
    slack_app_token: SecretStr | None = None
    """The app-level token (`xapp-…`), for Socket Mode."""
    slack_signing_secret: SecretStr | None = None
    """The signing secret, for HTTP mode: without `SLACK_APP_TOKEN`."""
    slack_api_url: str = "https://slack.com/api/"
    """Where Slack answers; ends in `/api/`."""
    redis_url: SecretStr | None = None
    """Where approvals, locks, history and the audit are kept ([redis.md](redis.md)); left out: a
    Redis that the bot starts itself."""
    data: Path = Field(default=Path("data"), validation_alias="SWARMBOT_DATA")
    """A folder for that Redis, the bot's key and the head of the audit."""
    own_service: str = Field(default="", validation_alias="SWARMBOT_SERVICE")
    """The id of the service that the bot runs as (`{{.Service.ID}}`): changes of it take the grant
    `swarmbot`."""
    key_file: Path | None = Field(default=None, validation_alias="SWARMBOT_KEY_FILE")
    """A file with the bot's own key, 32 characters or more, which all replicas share; left out:
    `key` in the folder of `SWARMBOT_DATA`, made at the first start."""
    http: str = Field(
        default="127.0.0.1:8090", validation_alias="SWARMBOT_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    """Where `/healthz`, `/readyz`, `/metrics` and CI are answered."""
    slack_http: str = Field(
        default="127.0.0.1:3000", validation_alias="SWARMBOT_SLACK_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    """In HTTP mode, where Slack's requests arrive."""
    docker_host: str = "unix:///var/run/docker.sock"
    """The engine, where the file names none."""

    channel: str = ""
    """The id of the channel where changes and alerts are posted; left out: where the command was
    typed."""
    command: str = Field(default="/swarm", pattern=r"^/[a-z0-9_-]{1,31}$")
    """The bot's slash command. Two bots in one workspace need two."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on the bot logs, to stderr."""
    log_format: Literal["console", "json"] = "console"
    """How it logs, one line an event: for people, or as JSON."""
    traces: str = Field(default="", pattern=r"^(https?://[^\s@/]+(/[^\s@]*)?)?$")
    """The address of a collector that takes OpenTelemetry's traces by HTTP, such as
    `http://collector:4318` ([operate.md](operate.md#traces)); left out: none are recorded."""
    otel_exporter_otlp_headers: SecretStr | None = None
    """Headers for the collector, as `NAME=VALUE,NAME=VALUE`; the other variables of OpenTelemetry
    mean what it says."""

    readiness_details: tuple[IPvAnyNetwork, ...] = LOOPBACK
    """Networks that learn from `/readyz` why something is missing; others only learn what is
    missing."""
    approval_lifetime: Annotated[timedelta, BeforeValidator(_read_lifetime)] = LIFETIME
    """How long a change waits for approval; half-way the approvers are reminded."""
    engines: tuple[EngineSettings, ...] = ()
    """The engines of the managers."""
    registries: tuple[RegistrySettings, ...] = ()
    """Registries, with what is otherwise there than elsewhere."""
    images: ImagesSettings = ImagesSettings()
    """New images."""
    roles: tuple[Role, ...] = ()
    """Who people are."""
    rules: tuple[PolicyRule, ...] = ()
    """Who may do what."""
    watch: WatchSettings = WatchSettings()
    """The watch."""
    messages: MessagesSettings = MessagesSettings()
    """What messages say."""
    reads: ReadsSettings = ReadsSettings()
    """What others than members read."""
    ci: tuple[CiSettings, ...] = ()
    """CI systems whose own tokens let them in."""

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
