"""Tokens of CI. A token is shown once, when it is created: Redis has its SHA-256 alone.

A plain hash is enough, for the secret is 256 random bits: there is nothing to guess that a slower
hash or a salt would keep anybody from. Each record is signed together with its id, so that who
writes to Redis can make none up, nor give one the rights of another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches

from redis import Redis
from redis.client import Pipeline

from bot.errors import NameTakenError, TooManyTokensError, UnknownNameError
from bot.model.token import PipelineToken
from bot.store.connection import guarded, key, transact
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

MOST_TOKENS = 200
"""So many tokens at once; more would be looked after by nobody."""
FORGET_AFTER = timedelta(days=30)
"""How long an expired token is still listed."""
SHOWN_EVERY = 60.0
"""Seconds between two notes of the use of a token by one bot."""

_TOKEN = re.compile(r"swb_([0-9a-f]{16})_([0-9a-f]{64})")
_NO_DIGEST = "0" * 64
_KIND = "token"
_json = JsonForm(PipelineToken)

_TOKENS = key("tokens")
_USED = key("tokens", "used")

# Both are hashes by the id of the token: the record, and when it was used last. A use is noted only
# while the record is there, so that a revoked token leaves nothing.
_NOTE_USE = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
return redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
"""


class TokenStore:
    """All tokens that hold, and those that expired within 30 days.

    Raises `StoreUnavailableError` where Redis does not answer.
    """

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._note_use = redis.register_script(_NOTE_USE)
        self._noted: dict[str, datetime] = {}

    def create(  # noqa: PLR0913 -- what a token is made of; the token itself is made here
        self,
        name: str,
        role: str,
        services: tuple[str, ...],
        *,
        now: datetime,
        expires: datetime,
        by: str,
    ) -> str:
        """Store a new token and return its text, which nobody can read again.

        Raises NameTakenError where a token that holds has the name, and TooManyTokensError.
        """
        token_id, secret = secrets.token_hex(8), secrets.token_hex(32)
        token = PipelineToken(
            id=token_id,
            name=name,
            role=role,
            services=services,
            digest=_digest(token_id, secret),
            created=now,
            expires=expires,
            by=by,
        )
        text = self._signer.signed(_kind(token_id), _json.dump_json(token))

        def change(pipe: Pipeline) -> None:
            stored = self._all(pipe)
            kept = [other for other in stored if now < other.expires + FORGET_AFTER]
            if any(other.holds(now) and _is_named(other, name) for other in kept):
                raise NameTakenError("token", name)
            if len(kept) >= MOST_TOKENS:
                raise TooManyTokensError(MOST_TOKENS)
            pipe.multi()
            for other in stored:
                if other not in kept:
                    _delete(pipe, other.id)
            pipe.hset(_TOKENS, token_id, text)

        transact(self._redis, change, _TOKENS)
        return f"swb_{token_id}_{secret}"

    def find(self, text: str) -> PipelineToken | None:
        """The token whose text this is, expired or not; None where there is none.

        It takes as long for a wrong secret as for an unknown id.
        """
        named = parts(text)
        token = self.get(named[0]) if named else None
        known = token.digest if token else _NO_DIGEST
        given = _digest(*named) if named else ""
        return token if hmac.compare_digest(given, known) else None

    @guarded()
    def get(self, token_id: str) -> PipelineToken | None:
        """The token with this id, expired or not; None where it was revoked or never was."""
        return self._read(token_id, self._redis.hget(_TOKENS, token_id))

    @guarded()
    def all(self) -> tuple[PipelineToken, ...]:
        """Every token, by name."""
        return tuple(self._all(self._redis))

    def revoke(self, name_or_id: str) -> PipelineToken:
        """Delete a token, by its name or its id, and return what it was.

        Of tokens with one name it is the newest. Raises UnknownNameError, with the nearest name.
        """

        def change(pipe: Pipeline) -> PipelineToken:
            stored = self._all(pipe)
            meant = [token for token in stored if name_or_id == token.id]
            meant += [token for token in stored if _is_named(token, name_or_id)]
            if not meant:
                raise UnknownNameError("token", name_or_id, _near(name_or_id, stored))
            token = max(meant, key=lambda token: (token.id == name_or_id, token.created))
            pipe.multi()
            _delete(pipe, token.id)
            return token

        return transact(self._redis, change, _TOKENS)

    @guarded()
    def note_use(self, token_id: str, now: datetime) -> None:
        """Write down that a token was used, once a minute at most."""
        noted = self._noted.get(token_id)
        if noted and now - noted < timedelta(seconds=SHOWN_EVERY):
            return
        if len(self._noted) >= MOST_TOKENS:
            self._noted.clear()
        self._noted[token_id] = now
        self._note_use([_TOKENS, _USED], [token_id, now.isoformat()])

    @guarded()
    def last_used(self) -> Mapping[str, datetime]:
        """When each token was used last, by its id; not those that never were."""
        used = self._redis.hgetall(_USED)
        return {str(token_id): datetime.fromisoformat(str(at)) for token_id, at in used.items()}

    def _all(self, redis: Redis) -> list[PipelineToken]:
        read = (self._read(str(id_), value) for id_, value in redis.hgetall(_TOKENS).items())
        tokens = [token for token in read if token]
        return sorted(tokens, key=lambda token: (token.name, token.created))

    def _read(self, token_id: str, stored: object) -> PipelineToken | None:
        text = self._signer.verified(_kind(token_id), stored)
        return _json.validate_json(text) if text else None


def parts(text: str) -> tuple[str, str] | None:
    """Id and secret of what is written as a token; None for anything else."""
    match = _TOKEN.fullmatch(text)
    return (match[1], match[2]) if match else None


def _digest(token_id: str, secret: str) -> str:
    return hashlib.sha256(f"{token_id} {secret}".encode()).hexdigest()


def _kind(token_id: str) -> str:
    return f"{_KIND} {token_id}"


def _delete(pipe: Pipeline, token_id: str) -> None:
    pipe.hdel(_TOKENS, token_id)
    pipe.hdel(_USED, token_id)


def _is_named(token: PipelineToken, name: str) -> bool:
    """Names that differ by case alone look alike."""
    return token.name.casefold() == name.casefold()


def _near(name: str, tokens: Iterable[PipelineToken]) -> tuple[str, ...]:
    return tuple(get_close_matches(name, [token.name for token in tokens], n=1, cutoff=0.6))
