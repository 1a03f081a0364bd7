"""Who can write to Redis can act as nobody: what makes the bot act is signed with its own key.

What does not verify counts as absent. It is logged and counted, and never run.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

_DIGITS = 64
_MOST_TOLD = 1000


def _nothing() -> None:
    pass


class Signer:
    """Signs texts of one kind each, such as `queue`, so that none can stand in another's place.

    `on_forged` is called once for each text that does not verify.
    """

    def __init__(self, key: bytes, on_forged: Callable[[], None] = _nothing):
        self._key = key
        self._on_forged = on_forged
        self._told: set[str] = set()

    def signed(self, kind: str, text: str | bytes) -> str:
        """The text behind its signature."""
        plain = text.decode() if isinstance(text, bytes) else text
        return f"{self._mac(kind, plain)} {plain}"

    def verified(self, kind: str, stored: object) -> str | None:
        """The text that was signed; None where there is none, or its signature is not the bot's."""
        if stored is None:
            return None
        mac, _, text = str(stored).partition(" ")
        if len(mac) == _DIGITS and hmac.compare_digest(
            mac.encode(), self._mac(kind, text).encode()
        ):
            return text
        self._tell(kind, str(stored))
        return None

    def mark(self, kind: str, text: str) -> str:
        """The signature alone, for what keeps it beside the text."""
        return self._mac(kind, text)

    def marked(self, kind: str, text: str, mark: object) -> bool:
        """Whether this is the bot's signature of the text."""
        return hmac.compare_digest(str(mark).encode(), self._mac(kind, text).encode())

    @property
    def key_id(self) -> str:
        """Tells one key from another, and nothing of the key."""
        return self._mac("key", "id")[:16]

    def _tell(self, kind: str, stored: str) -> None:
        """Log and count each forged text once, though every look finds it again."""
        digest = hashlib.sha256(stored.encode()).hexdigest()
        if digest in self._told:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add(digest)
        log.error(
            "an entry of %s in Redis is not signed by the bot's key: it is ignored", kind.strip()
        )
        self._on_forged()

    def _mac(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"{kind} {text}".encode(), hashlib.sha256).hexdigest()
