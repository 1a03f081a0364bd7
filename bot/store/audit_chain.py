"""The chain of the audit: how an entry is appended to it, and what shows that none was changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from pydantic_core import to_jsonable_python

# Redis has no SHA-256 for scripts, so the caller sends the hash, and the one that it follows; where
# that is no longer the newest, nothing is written. Entries are numbered without gaps, and the
# number is the stream's id, so a missing entry shows. Numbers begin anew where Redis was emptied,
# so an intent is concluded by its number and by the beginning of its hash.

APPEND = """
local function hash_of(number)
    local entry = redis.call('XRANGE', KEYS[1], number .. '-0', number .. '-0')[1]
    for i = 1, entry and #entry[2] or 0, 2 do
        if entry[2][i] == 'hash' then return entry[2][i + 1] end
    end
    return ''
end
if ARGV[4] ~= '' then
    if redis.call('SISMEMBER', KEYS[3], ARGV[4]) == 0 then return {0, ''} end
    if string.sub(hash_of(ARGV[4]), 1, #ARGV[6]) ~= ARGV[6] then return {0, ''} end
end
local newest = redis.call('HGET', KEYS[2], 'hash') or ''
if newest ~= ARGV[1] then return {-1, newest} end
local number = tonumber(redis.call('HGET', KEYS[2], 'entries') or 0) + 1
redis.call('XADD', KEYS[1], number .. '-0', 'body', ARGV[3], 'hash', ARGV[2], 'mac', ARGV[5])
redis.call('HSET', KEYS[2], 'entries', number, 'hash', ARGV[2])
if ARGV[4] == '' then
    redis.call('SADD', KEYS[3], number)
else
    redis.call('SREM', KEYS[3], ARGV[4])
end
return {number, ''}
"""


_HASH_DIGITS = 12


class IntentReference(NamedTuple):
    """Names an intent for good: its number, and the beginning of its hash.

    `beginning` is empty where it was named before this was known.
    """

    number: str
    beginning: str = ""

    @classmethod
    def of(cls, number: int | str, own_hash: str) -> Self:
        """That of the intent with this number and hash."""
        return cls(str(number), own_hash[:_HASH_DIGITS])

    @classmethod
    def read(cls, text: str) -> Self:
        """The one that was written like this."""
        number, _, beginning = text.partition(":")
        return cls(number, beginning)

    def __str__(self) -> str:
        return f"{self.number}:{self.beginning}"


class StoredEntry(NamedTuple):
    """An entry of the stream."""

    id: str
    fields: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """The entry itself, an intent or an outcome."""
        return dict(json.loads(self.fields["body"]))

    def follows(self, number: int, previous: str) -> bool:
        """Whether it is entry `number`, unchanged, after the one whose hash is `previous`."""
        if self.id != f"{number}-0" or self.fields.keys() - {"mac"} != {"body", "hash"}:
            return False
        return self.fields["hash"] == chained_hash(previous, self.fields["body"])


def entry_number(stream_id: str) -> str:
    """The entry's number, which is the first part of its id in the stream."""
    return stream_id.partition("-")[0]


def canonical(body: Mapping[str, Any]) -> str:
    """JSON with sorted keys and without spaces: one text for one value.

    Secrets are masked; what UTF-8 cannot encode becomes `?`.
    """
    plain = to_jsonable_python(body)
    text = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8", "replace").decode()


def chained_hash(previous: str, body: str) -> str:
    """The SHA-256 (hex) of the hash before and of the entry's canonical text."""
    return hashlib.sha256((previous + body).encode()).hexdigest()
