"""Tokens of CI: shown once, found by their id, and of no use to who reads or writes Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from bot.errors import NameTakenError, TooManyTokensError, UnknownNameError
from bot.store.signer import Signer
from bot.store.tokens import FORGET_AFTER, MOST_TOKENS, SHOWN_EVERY, TokenStore, parts
from tests.store.conftest import NOW, SIGNER

LIFE = timedelta(days=90)
LATER = NOW + timedelta(days=1)


def store(redis: Redis) -> TokenStore:
    return TokenStore(redis, SIGNER)


def created(redis: Redis, name: str = "jenkins-shop") -> str:
    return store(redis).create(name, "ci", ("web*",), now=NOW, expires=NOW + LIFE, by="ann")


def test_a_token_is_known_by_its_secret_at_every_bot(redis: Redis, other_redis: Redis) -> None:
    text = created(redis)

    token = store(other_redis).find(text)

    assert token
    assert (token.name, token.role, token.services) == ("jenkins-shop", "ci", ("web*",))
    assert (token.created, token.expires, token.by) == (NOW, NOW + LIFE, "ann")
    assert text.startswith(f"swb_{token.id}_")


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text.rpartition("_")[0] + "_" + "0" * 64,
        lambda text: f"swb_{'0' * 16}_{text.rpartition('_')[2]}",
        lambda text: text.upper(),
        lambda text: text + "0",
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda _: "",
        lambda _: "swb_",
        lambda text: text.replace("swb_", ""),
    ],
)
def test_what_is_not_the_token_finds_nothing(redis: Redis, changed: object) -> None:
    assert callable(changed)

    assert store(redis).find(changed(created(redis))) is None


def test_redis_has_nothing_that_lets_anybody_in(redis: Redis) -> None:
    text = created(redis)
    secret = text.rpartition("_")[2]

    stored = "".join(str(redis.hgetall(name)) for name in redis.keys("*"))

    assert secret not in stored
    assert text not in stored


def test_what_the_bot_did_not_sign_is_no_token(redis: Redis) -> None:
    text = TokenStore(redis, Signer(b"another key than that of the bots")).create(
        "forged", "lead", ("*",), now=NOW, expires=NOW + LIFE, by="eve"
    )

    assert store(redis).find(text) is None
    assert store(redis).all() == ()


def test_a_token_cannot_stand_in_the_place_of_another(redis: Redis) -> None:
    """Whoever writes to Redis cannot give one token the rights of another."""
    narrow, wide = parts(created(redis, "narrow")), parts(created(redis, "wide"))
    assert narrow
    assert wide
    redis.hset("swarmbot:tokens", narrow[0], redis.hget("swarmbot:tokens", wide[0]))

    assert store(redis).get(narrow[0]) is None


def test_a_revoked_token_is_gone_at_once_everywhere(redis: Redis, other_redis: Redis) -> None:
    text = created(redis)
    token = store(redis).find(text)
    assert token

    gone = store(other_redis).revoke("jenkins-shop")

    assert gone == token
    assert store(redis).find(text) is None
    assert store(redis).get(token.id) is None
    assert store(redis).last_used() == {}


def test_a_token_is_revoked_by_its_id_too(redis: Redis) -> None:
    token = store(redis).find(created(redis))
    assert token

    assert store(redis).revoke(token.id) == token


def test_an_unknown_name_comes_with_the_nearest_one(redis: Redis) -> None:
    created(redis)

    with pytest.raises(UnknownNameError) as refused:
        store(redis).revoke("jenkins-shup")

    assert refused.value.near == ("jenkins-shop",)


@pytest.mark.parametrize("name", ["jenkins-shop", "Jenkins-Shop"])
def test_a_name_means_one_token(redis: Redis, name: str) -> None:
    created(redis)

    with pytest.raises(NameTakenError):
        created(redis, name)


def test_an_expired_token_frees_its_name_and_is_forgotten_later(redis: Redis) -> None:
    text = created(redis)
    late = NOW + LIFE + timedelta(seconds=1)

    again = store(redis).create(
        "jenkins-shop", "ci", ("*",), now=late, expires=late + LIFE, by="ann"
    )

    assert {token.name for token in store(redis).all()} == {"jenkins-shop"}
    assert len(store(redis).all()) == 2
    kept = store(redis).find(text)
    assert kept
    assert not kept.holds(late)
    store(redis).create(
        "other", "ci", ("*",), now=late + FORGET_AFTER, expires=late + 2 * LIFE, by="ann"
    )
    assert store(redis).find(text) is None
    assert store(redis).find(again)


def test_a_name_revokes_the_one_that_holds(redis: Redis) -> None:
    created(redis)
    late = NOW + LIFE
    again = store(redis).create(
        "jenkins-shop", "ci", ("*",), now=late, expires=late + LIFE, by="ann"
    )

    store(redis).revoke("jenkins-shop")

    assert store(redis).find(again) is None


def test_there_are_not_more_than_can_be_looked_after(redis: Redis) -> None:
    for number in range(MOST_TOKENS):
        created(redis, f"ci-{number}")

    with pytest.raises(TooManyTokensError):
        created(redis, "one-more")


def test_the_last_use_is_written_once_a_minute(redis: Redis) -> None:
    tokens = store(redis)
    token = tokens.find(created(redis))
    assert token

    for seconds in (0, 1, SHOWN_EVERY - 1):
        tokens.note_use(token.id, NOW + timedelta(seconds=seconds))
    assert tokens.last_used() == {token.id: NOW}

    tokens.note_use(token.id, LATER)
    assert store(redis).last_used() == {token.id: LATER}


def test_the_use_of_a_token_that_is_gone_leaves_nothing(redis: Redis) -> None:
    tokens = store(redis)
    token = tokens.find(created(redis))
    assert token
    tokens.revoke(token.id)

    tokens.note_use(token.id, NOW)

    assert tokens.last_used() == {}


def test_whom_it_stands_for(redis: Redis) -> None:
    token = store(redis).find(created(redis))
    assert token

    actor = token.actor()

    assert (actor.id, actor.name) == ("ci:jenkins-shop", "CI jenkins-shop")
    assert actor.rights
    assert (actor.rights.roles, actor.rights.services) == (frozenset({"ci"}), ("web*",))
    assert actor.rights.credential == token.id
    assert actor == replace(actor)
