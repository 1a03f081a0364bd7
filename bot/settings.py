"""Environment and TOML file → frozen settings, read once.

Nothing else in the bot looks at the environment.
"""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.errors import InvalidSettingError
from bot.model.alert_facts import AlertKind
from bot.model.approval import LIFETIME
from bot.model.danger import Grant
from bot.model.duration import read_duration, read_span
from bot.model.incident import RULES, AlertRule, Severity

SECRETS = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "redis_url")
"""Settings whose variable may also come as `…_FILE`."""
FILE_ONLY = (
    "approval_lifetime",
    "channel",
    "engines",
    "messages",
    "readiness_details",
    "registries",
    "roles",
    "rules",
    "watch",
)
"""Settings without a variable: their names are so common that another program may mean them."""
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def _read_lifetime(value: object) -> object:
    """A bare number is no duration: pydantic would take it for seconds."""
    lifetime = read_duration(str(value) if isinstance(value, int | float) else value)
    if isinstance(lifetime, timedelta) and lifetime <= timedelta():
        raise ValueError("a duration above 0s")
    return lifetime


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
    """A registry on a private network that managers may be sent to: `host[:port]`, or a pattern."""

    host: str = Field(min_length=1)


class Role(_Part):
    """Who people are: Slack user ids, and ids of user groups."""

    name: str = Field(min_length=1)
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


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


def _read_span(value: object) -> object:
    """A duration as Docker writes it, or in days and weeks: `45s`, `12h`, `14d`."""
    return read_span(str(value) if isinstance(value, int | float) else value)


Span = Annotated[timedelta, BeforeValidator(_read_span), Field(ge=timedelta())]


class WatchRule(_Part):
    """What is otherwise for one kind of alert than it is by default.

    The defaults are `RULES` of `bot.model.incident`.
    """

    severity: Severity | None = None
    after: Span | None = None
    watched: bool = True


class WatchSettings(_Part):
    """What the watch looks at, how it judges, and whom it tells.

    `channels` by severity; left out: `channel`. A certificate is trouble with less than
    `certificate_share` of its life left, or less than `certificate_left`; one of `endpoints`
    (`host:port`), which nobody renews by rule, with less than `endpoint_left`. `certificate_agent`
    is an image with a shell that may run on every node to read its own certificate. `heartbeat` is
    a URL that is called every `heartbeat_every` while all is well with the bot. `digest` is a time
    (UTC).
    """

    channels: dict[Severity, str] = Field(default_factory=dict)
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

    def rule(self, kind: AlertKind) -> AlertRule:
        """What holds for this kind of alert."""
        default, own = RULES[kind], self.rules.get(kind, WatchRule())
        return AlertRule(
            own.severity or default.severity,
            default.after if own.after is None else own.after,
            own.watched,
        )


class MessagesSettings(_Part):
    """What messages in the channel may say.

    `log_tail`: the last log lines of a task that failed, with dots for what looks like a secret.
    """

    log_tail: bool = True


class Settings(BaseSettings):
    """Everything that the operator decides. Secrets are `SecretStr`; the rest may be logged."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    redis_url: SecretStr | None = None
    data: Path = Field(default=Path("data"), validation_alias="SWARMBOT_DATA")
    key_file: Path | None = Field(default=None, validation_alias="SWARMBOT_KEY_FILE")
    http: str = Field(
        default="127.0.0.1:8090", validation_alias="SWARMBOT_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    slack_http: str = Field(
        default="127.0.0.1:3000", validation_alias="SWARMBOT_SLACK_HTTP", pattern=r"^.*:\d{1,5}$"
    )
    docker_host: str = "unix:///var/run/docker.sock"

    channel: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    readiness_details: tuple[IPvAnyNetwork, ...] = LOOPBACK
    approval_lifetime: Annotated[timedelta, BeforeValidator(_read_lifetime)] = LIFETIME
    engines: tuple[EngineSettings, ...] = ()
    registries: tuple[RegistrySettings, ...] = ()
    roles: tuple[Role, ...] = ()
    rules: tuple[PolicyRule, ...] = ()
    watch: WatchSettings = WatchSettings()
    messages: MessagesSettings = MessagesSettings()

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
        toml = TomlConfigSettingsSource(settings_cls, _config_file())
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

    def roles_of(self, user: str, groups: frozenset[str] = frozenset()) -> frozenset[str]:
        """The names of the roles that a user has, by id or by user group."""
        return frozenset(
            r.name for r in self.roles if user in r.users or groups.intersection(r.groups)
        )


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


class Variables(EnvSettingsSource):
    """Reads the environment, but for `FILE_ONLY`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The variable's value, whatever its case."""
        return (
            (None, field_name, False)
            if field_name in FILE_ONLY
            else super().get_field_value(field, field_name)
        )


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `NAME_FILE`, the way Docker hands out secrets, for each of `SECRETS`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file that the variable names, without the white space around it."""
        del field
        variable = f"{field_name.upper()}_FILE"
        path = os.environ.get(variable) if field_name in SECRETS else None
        if not path:
            return None, field_name, False
        return _content(variable, path), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All of them that are given."""
        secrets = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in secrets.items() if value}


def load() -> Settings:
    """Read the environment and the file that `SWARMBOT_CONFIG` names.

    `InvalidSettingError` says what is wrong, where.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise _explained(error) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettingError(str(_config_file()), f"it is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise InvalidSettingError(str(_config_file()), "it is not UTF-8 text") from None
    _check(settings)
    return settings


def _content(variable: str, path: str) -> str:
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidSettingError(variable, f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidSettingError(variable, f"{path} is not text") from None
    if not content:
        raise InvalidSettingError(variable, f"{path} is empty")
    return content


def _config_file() -> Path:
    named = os.environ.get("SWARMBOT_CONFIG")
    if named and not Path(named).is_file():
        raise InvalidSettingError("SWARMBOT_CONFIG", f"there is no file {named}")
    return Path(named or "swarmbot.toml")


def _explained(error: ValidationError) -> InvalidSettingError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            problem = "there is no such setting"
        case "value_error":
            problem = f"expected {first['ctx']['error']}"
        case _:
            problem = first["msg"]
    return InvalidSettingError(where, problem)


def _check(settings: Settings) -> None:
    """What no single value shows; `InvalidSettingError` says what is wrong, where."""
    _check_secrets(settings)
    _check_engines(settings)
    _check_rules(settings)
    _check_addresses(settings)


def _check_secrets(settings: Settings) -> None:
    for name in SECRETS:
        secret: SecretStr | None = getattr(settings, name)
        if secret is not None and not secret.get_secret_value().strip():
            raise InvalidSettingError(name, "it is empty; leave it out, or give the value")


def _check_engines(settings: Settings) -> None:
    names = [engine.name for engine in settings.engines]
    for engine in settings.engines:
        if names.count(engine.name) > 1:
            raise InvalidSettingError("engines", f"two engines are named {engine.name}")
        if engine.tls and not engine.url.startswith(("tcp://", "https://")):
            raise InvalidSettingError(
                "engines",
                f"{engine.name} has tls, and {engine.url} would go in clear: "
                "write tcp:// or https://",
            )


def _check_rules(settings: Settings) -> None:
    known = [role.name for role in settings.roles]
    for number, role in enumerate(settings.roles):
        if not role.users and not role.groups:
            raise InvalidSettingError(
                f"roles.{number}", f"nobody has the role {role.name}: name users or groups"
            )
    for number, rule in enumerate(settings.rules):
        for name in (*rule.ask, *rule.approve):
            if name not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.6)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise InvalidSettingError(f"rules.{number}", f"there is no role named {name}{hint}")


def _check_addresses(settings: Settings) -> None:
    for variable, (_, port) in (
        ("SWARMBOT_HTTP", settings.listen),
        ("SWARMBOT_SLACK_HTTP", settings.slack_listen),
    ):
        if port > 65535:
            raise InvalidSettingError(variable, "the port has to be at most 65535")
    if settings.slack_api_url and not settings.slack_api_url.endswith("/api/"):
        raise InvalidSettingError("SLACK_API_URL", "it has to end in /api/")
