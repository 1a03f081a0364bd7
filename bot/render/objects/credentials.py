"""Join tokens and unlock keys, shown only to the person who asked; never posted, never logged."""

from __future__ import annotations

from pydantic import SecretStr

from bot.model import Message
from bot.render.slack.blocks import Row, aligned, context, message, section
from bot.render.slack.text import code, escape, preformatted, prose

_ONLY_YOU = "only you see this"


def join_token(role: str, token: SecretStr, remote: str) -> Message:
    """The line to run on the machine that joins, and what the parts of its token are."""
    secret = token.get_secret_value()
    return message(
        f"🔒 Join token for a {escape(role)} · {_ONLY_YOU}",
        [f"On the machine that is to join as a {escape(role)}:"],
        [
            section(preformatted(f"docker swarm join --token {secret} {remote}")),
            section(preformatted(aligned((), _parts(secret, role), most=100))),
            *context(
                (
                    "An engine that swarmbot knows needs none: "
                    f"{code(f'/swarm swarm join {remote} --as {role} --on ENGINE')}"
                ),
                (
                    "Rotate a token that others have seen: "
                    f"{code(f'/swarm swarm join-token {role} --rotate')}"
                ),
            ),
        ],
    )


def unlock_key(key: SecretStr, note: str = "") -> Message:
    """The key that every manager needs after a restart."""
    return message(
        f"🔒 Unlock key of the Swarm · {_ONLY_YOU}",
        [
            (
                "A manager that restarts takes it by `docker swarm unlock`. Keep it where you "
                "find it without the Swarm."
            ),
            prose(note),
        ],
        [
            section(preformatted(key.get_secret_value())),
            *context(
                f"swarmbot unlocks with the key of a healthy manager: {code('/swarm swarm unlock')}"
            ),
        ],
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
