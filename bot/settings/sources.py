"""Where settings come from: variables, files that hold a secret, and the TOML file.

Nothing else in the bot looks at the environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, PydanticBaseSettingsSource

from bot.errors import InvalidSettingError

SECRETS = (
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "redis_url",
    "otel_exporter_otlp_headers",
)
"""Settings whose variable may also come as `…_FILE`."""
FILE_ONLY = (
    "approval_lifetime",
    "channel",
    "ci",
    "command",
    "engines",
    "images",
    "messages",
    "readiness_details",
    "reads",
    "registries",
    "roles",
    "rules",
    "traces",
    "watch",
)
"""Settings without a variable: their names are so common that another program may mean them."""

_OWN = ("SLACK_", "REDIS_", "SWARMBOT_", "OTEL_")


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


def environment_of_programs() -> dict[str, str]:
    """The environment for a program that is not the bot's own: without the bot's secrets."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(_OWN)}


def docker_config() -> Path:
    """Docker's own configuration file of the user that the bot runs as; it need not be there."""
    folder = os.environ.get("DOCKER_CONFIG") or f"{os.environ.get('HOME', '')}/.docker"
    return Path(folder) / "config.json"


def config_file() -> Path:
    """The file that `SWARMBOT_CONFIG` names, or `swarmbot.toml`, which need not be there."""
    named = os.environ.get("SWARMBOT_CONFIG")
    if named and not Path(named).is_file():
        raise InvalidSettingError("SWARMBOT_CONFIG", f"there is no file {named}")
    return Path(named or "swarmbot.toml")


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
