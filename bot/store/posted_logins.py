"""When the bot last gave a service credentials for its registry, and which, as a keyed hash.

Swarm shows nobody what it has stored. The hash is made with the bot's own key, so that who reads
Redis cannot even try passwords on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError
from redis import Redis

from bot.model.stored_login import PostedLogin
from bot.store.connection import guarded, key
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(PostedLogin)
_KIND, _MARK = "posted login", "registry login"
_KEEP_SECONDS = 400 * 86_400
"""TTL: those of a service that is gone are not kept for ever."""


class PostedLogins:
    """The newest of each service. All raise StoreUnavailableError where Redis does not answer."""

    def __init__(self, redis: Redis, signer: Signer, now: Callable[[], datetime]):
        self._redis = redis
        self._signer = signer
        self._now = now

    def mark(self, login: str) -> str:
        """What stands for these credentials."""
        return self._signer.mark(_MARK, login)

    @guarded()
    def note(self, service_id: str, login: str) -> None:
        """Write down that the service has these credentials from now on."""
        text = _json.dump_json(PostedLogin(self.mark(login), self._now()))
        signed = self._signer.signed(f"{_KIND} {service_id}", text)
        self._redis.set(_key(service_id), signed, ex=_KEEP_SECONDS)

    @guarded()
    def of(self, service_ids: Sequence[str]) -> Mapping[str, PostedLogin]:
        """What these services were given, as far as the bot did it."""
        if not service_ids:
            return {}
        stored = self._redis.mget([_key(service_id) for service_id in service_ids])
        read = {
            service_id: self._read(service_id, text)
            for service_id, text in zip(service_ids, stored, strict=True)
        }
        return {service_id: posted for service_id, posted in read.items() if posted}

    def _read(self, service_id: str, stored: object) -> PostedLogin | None:
        text = self._signer.verified(f"{_KIND} {service_id}", stored)
        try:
            return _json.validate_json(text) if text else None
        except ValidationError:
            return None


def _key(service_id: str) -> str:
    return key("posted-login", service_id)
