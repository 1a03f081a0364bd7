"""Environment and TOML file → frozen settings, read once."""

from bot.settings.ci import CiSettings
from bot.settings.load import load
from bot.settings.model import Settings
from bot.settings.parts import (
    EngineSettings,
    ImagesSettings,
    MessagesSettings,
    PolicyRule,
    ReadsSettings,
    RegistrySettings,
    Role,
)
from bot.settings.watch import WatchRule, WatchSettings

__all__ = [
    "CiSettings",
    "EngineSettings",
    "ImagesSettings",
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
