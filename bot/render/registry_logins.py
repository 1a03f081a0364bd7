"""Where the bot looks for the credentials of a registry, and why it finds none, in words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.registry_login import LoginFault, LoginSource

_FAULTS: Mapping[LoginFault, str] = {
    LoginFault.NO_FILE: "there is no such file",
    LoginFault.UNREADABLE: "the bot may not read it",
    LoginFault.EMPTY: "it is empty",
    LoginFault.TOO_LONG: "it is too long to be read",
    LoginFault.NOT_TEXT: "it is not UTF-8 text",
    LoginFault.NOT_JSON: "it is not JSON",
    LoginFault.NO_ENTRY: "it knows no login for that registry",
    LoginFault.NO_HELPER: "there is no such program on the bot's PATH",
    LoginFault.HELPER_FAILED: "it failed",
    LoginFault.HELPER_SLOW: "it did not answer in time",
}


def fault_words(fault: LoginFault) -> str:
    """Why a place gives no credentials, to stand after its name."""
    return _FAULTS[fault]


def looked(source: LoginSource) -> str:
    """What the bot has for a registry, as a sentence without its full stop; not escaped.

    To be said where the registry refuses what it got.
    """
    if not source.place:
        return f"the bot has no credentials for {source.host}: [[registries]] in swarmbot.toml"
    if source.fault:
        return f"{source.place} gives no credentials for {source.host}: {_FAULTS[source.fault]}"
    return f"{source.place} was refused by {source.host}"
