"""Commands with secret values, encrypted, for as long as somebody may still need them.

A request that waits, a line in the queue and a button carry the id alone.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from redis import Redis

from bot.store.connection import guarded, key

KEPT = timedelta(days=1)
"""How long a button that was not pressed can still be pressed."""


class Sealed:
    """Texts that only the bot's own key opens. Each is bound to its id."""

    def __init__(self, redis: Redis, fernet: Fernet):
        self._redis = redis
        self._fernet = fernet

    @guarded()
    def put(self, text: str, life: timedelta = KEPT) -> str:
        """Store a text for so long, and return the id that opens it."""
        sealed_id = secrets.token_hex(16)
        token = self._fernet.encrypt(f"{sealed_id} {text}".encode())
        self._redis.set(sealed_key(sealed_id), token, ex=life)
        return sealed_id

    @guarded()
    def get(self, sealed_id: str) -> str | None:
        """The text; None where its time is over, or it was not stored by a bot with this key."""
        token = self._redis.get(sealed_key(sealed_id))
        if not token:
            return None
        try:
            own_id, _, text = self._fernet.decrypt(str(token)).decode().partition(" ")
        except InvalidToken:
            return None
        return text if own_id == sealed_id else None

    @guarded()
    def forget(self, sealed_id: str) -> None:
        """Nobody needs it any more."""
        if sealed_id:
            self._redis.delete(sealed_key(sealed_id))


def sealed_key(sealed_id: str) -> str:
    """Where the text is stored."""
    return key("sealed", sealed_id)
