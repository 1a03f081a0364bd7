"""Environment and TOML file → frozen settings, read once."""

from bot.settings.load import load
from bot.settings.model import (
    EngineSettings,
    MessagesSettings,
    PolicyRule,
    ReadsSettings,
    RegistrySettings,
    Role,
    Settings,
    WatchRule,
    WatchSettings,
)

__all__ = [
    "EngineSettings",
    "MessagesSettings",
    "PolicyRule",
    "ReadsSettings",
    "RegistrySettings",
    "Role",
    "Settings",
    "WatchRule",
    "WatchSettings",
    "load",
]
