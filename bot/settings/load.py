"""Reads the settings once, and says in words what is wrong with them."""

from __future__ import annotations

import tomllib

from pydantic import ValidationError

from bot.errors import InvalidSettingError
from bot.settings.checks import check
from bot.settings.model import Settings
from bot.settings.sources import config_file


def load() -> Settings:
    """Read the environment and the file that `SWARMBOT_CONFIG` names.

    `InvalidSettingError` says what is wrong, where.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise _explained(error) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettingError(str(config_file()), f"it is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise InvalidSettingError(str(config_file()), "it is not UTF-8 text") from None
    check(settings)
    return settings


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
