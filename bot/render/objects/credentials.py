"""Join tokens and unlock keys, shown only to the person who asked; never posted, never logged."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from bot.model import Message
from bot.model.english import agree, listed
from bot.model.slash import SLASH
from bot.render.slack.blocks import context, message, section
from bot.render.slack.details_table import part
from bot.render.slack.fence import Row
from bot.render.slack.text import code, escape, preformatted

_ONLY_YOU = "only you see this"
_KEEP = (
    "A manager that restarts takes it by `docker swarm unlock`. Keep it where you find it without "
    "the Swarm."
)
_HOW_IT_UNLOCKS = (
    f"swarmbot unlocks with the key of a healthy manager: {code(f'{SLASH} swarm unlock')}"
)


def join_token(role: str, token: SecretStr, remote: str) -> Message:
    """The line to run on the machine that joins, and what the parts of its token are."""
    secret = token.get_secret_value()
    return message(
        f"🔒 Join token for a {escape(role)} · {_ONLY_YOU}",
        [f"On the machine that is to join as a {escape(role)}:"],
        [
            section(preformatted(f"docker swarm join --token {secret} {remote}")),
            part("", _parts(secret, role)),
            *context(
                (
                    "An engine that swarmbot knows needs none: "
                    f"{code(f'{SLASH} swarm join {remote} --as {role} --on ENGINE')}"
                ),
                (
                    "Rotate a token that others have seen: "
                    f"{code(f'{SLASH} swarm join-token {role} --rotate')}"
                ),
            ),
        ],
    )


def unlock_key(key: SecretStr) -> Message:
    """The key that every manager needs after a restart."""
    return message(
        f"🔒 Unlock key of the Swarm · {_ONLY_YOU}",
        [_KEEP],
        [section(preformatted(key.get_secret_value())), *context(_HOW_IT_UNLOCKS)],
    )


def rotated_unlock_key(
    new: SecretStr, old: SecretStr, reachable: Sequence[str], away: Sequence[str]
) -> Message:
    """Both keys after a rotation: `reachable` managers (names) take the new key within seconds;
    those that are `away` ask for the old one when they start, for they have not heard of the new
    one."""
    who = (
        f"*Old key*, for {escape(listed(away))}, which {agree(len(away), 'has', 'have')} not heard "
        "of the new one, and for a manager that restarts within the next minutes:"
        if away
        else "*Old key*, for a manager that restarts within the next minutes, before it has heard "
        "of the new one:"
    )
    return message(
        f"🔒 Unlock key of the Swarm is new · {_ONLY_YOU}",
        [_KEEP],
        [
            section(
                f"*New key*, which {escape(listed(reachable))} "
                f"{agree(len(reachable), 'takes', 'take')} within seconds:"
            ),
            section(preformatted(new.get_secret_value())),
            section(who),
            section(preformatted(old.get_secret_value())),
            *context(_HOW_IT_UNLOCKS),
        ],
    )


def last_unlock_key(key: SecretStr, away: Sequence[str]) -> Message:
    """The key of before, when the managers are locked no longer: those that are `away` (names)
    ask for it all the same when they start, for they have not heard of it."""
    return message(
        f"🔒 Last unlock key of the Swarm · {_ONLY_YOU}",
        [
            (
                f"{escape(listed(away))} {agree(len(away), 'has', 'have')} not heard that autolock "
                "is off, and will ask for this key by `docker swarm unlock`."
            )
        ],
        [section(preformatted(key.get_secret_value()))],
    )


def _parts(token: str, role: str) -> list[Row]:
    prefix, version, digest, secret = (token.split("-", 3) + [""] * 4)[:4]
    return [
        (prefix, "prefix: says that it is a join token of a Swarm"),
        (version, "version of the format"),
        (
            f"{digest[:7]}…",
            "digest of the root certificate: who joins checks with it that it talks to this Swarm",
        ),
        (
            f"{secret[:3]}…",
            f"secret: whoever has it may join as a {role}; rotating replaces it, and nothing else",
        ),
    ]
