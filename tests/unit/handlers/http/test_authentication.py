"""Who is let in by which header, what the others learn, and how often anybody may try."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import StoreUnavailableError, TooManyCallsError, UnauthenticatedError
from bot.metrics import Metrics
from bot.model import Actor, Standing
from bot.settings import CiSettings
from bot.store.signer import Signer
from bot.store.tokens import TokenStore
from handlers.http.authentication import MOST_CALLS, MOST_FAILURES, TokenAuthentication
from handlers.http.call_rates import SECONDS, CallRates
from handlers.http.callers import Callers
from handlers.http.issuer_keys import IssuerKeys
from handlers.http.oidc import Oidc
from tests.issuer import Issuer
from tests.memory.twin.redis_twin import RedisTwin

START = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
LIFE = timedelta(days=90)


class Clock:
    """Date and seconds that a test turns together."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Door:
    """What stands before the API, over a Redis in memory."""

    clock: Clock
    redis: RedisTwin
    tokens: TokenStore
    authentication: TokenAuthentication
    callers: Callers

    def token(self, name: str = "jenkins-shop", services: tuple[str, ...] = ("web*",)) -> str:
        now = self.clock.now()
        return self.tokens.create(name, "ci", services, now=now, expires=now + LIFE, by="ann")

    def lets_in(self, token: str, address: str = "10.0.0.1") -> Actor:
        return self.authentication.caller(f"Bearer {token}", address).actor

    def refuses(self, header: str, address: str = "10.0.0.1") -> str:
        with pytest.raises(UnauthenticatedError) as error:
            self.authentication.caller(header, address)
        return error.value.reason


def in_slack(actor: Actor) -> Actor:
    return replace(actor, name="as Slack knows them")


def door_with(*entries: CiSettings) -> Door:
    clock = Clock()
    redis = RedisTwin(clock.monotonic)
    tokens = TokenStore(redis.client(), Signer(b"the key of all bots of one test"))
    keys = {entry.issuer: IssuerKeys(entry.issuer, clock.monotonic) for entry in entries}
    authentication = TokenAuthentication(
        tokens,
        Oidc(entries, keys),
        CallRates(MOST_CALLS, clock.monotonic),
        CallRates(MOST_FAILURES, clock.monotonic),
        Metrics(),
        clock.now,
    )
    return Door(clock, redis, tokens, authentication, Callers(tokens, entries, clock.now, in_slack))


@pytest.fixture
def door() -> Door:
    return door_with()


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "BEARER   {} "])
def test_a_token_of_the_bots_own_lets_in(door: Door, scheme: str) -> None:
    caller = door.authentication.caller(scheme.format(door.token()))

    assert caller.actor.id == "ci:jenkins-shop"
    assert caller.actor.standing is Standing.PIPELINE
    assert set(door.tokens.last_used().values()) == {START}


@pytest.mark.parametrize(
    "header",
    [
        lambda _: "",
        lambda _: "Bearer",
        lambda _: "Bearer ",
        lambda token: token,
        lambda token: f"Basic {token}",
        lambda token: f"Bearer {token} {token}",
        lambda token: f"Bearer {token[:-1]}x",
        lambda token: f"Bearer {token.rpartition('_')[0]}_{'0' * 64}",
        lambda _: "Bearer swb_0123456789abcdef_" + "0" * 64,
        lambda _: "Bearer " + "x" * 20_000,
        lambda _: "Bearer tökén",
        lambda _: "Bearer a.b.c",
    ],
)
def test_whatever_else_does_not(door: Door, header: Callable[[str], str]) -> None:
    door.refuses(header(door.token()))


def test_revoked_expired_and_unknown_tokens_are_answered_alike(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    revoked, expired = door.token("revoked"), door.token("expired")
    door.tokens.revoke("revoked")
    door.clock.seconds = LIFE.total_seconds()

    errors = []
    for token in (revoked, expired, "swb_0123456789abcdef_" + "0" * 64):
        with pytest.raises(UnauthenticatedError) as error:
            door.authentication.caller(f"Bearer {token}")
        errors.append(type(error.value))

    assert set(errors) == {UnauthenticatedError}
    assert "the token expired has expired" in caplog.text
    assert not any(token.rpartition("_")[2] in caplog.text for token in (revoked, expired))


def test_with_redis_away_nobody_is_turned_away_for_ever(door: Door) -> None:
    token = door.token()
    door.redis.away = True

    with pytest.raises(StoreUnavailableError):
        door.authentication.caller(f"Bearer {token}")


def test_a_caller_has_a_rate(door: Door) -> None:
    busy, other = door.token("busy"), door.token("other")
    for _ in range(MOST_CALLS):
        door.lets_in(busy)

    with pytest.raises(TooManyCallsError) as refused:
        door.lets_in(busy)

    assert refused.value.retry_after == SECONDS
    assert door.lets_in(other)
    door.clock.seconds += refused.value.retry_after
    assert door.lets_in(busy)


def test_an_address_may_fail_so_often_and_who_is_let_in_is_not_kept_out_by_it(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    token = door.token()
    with caplog.at_level(logging.WARNING):
        for _ in range(MOST_FAILURES):
            door.refuses("Bearer wrong")
        for _ in range(100):
            with pytest.raises(TooManyCallsError):
                door.authentication.caller("Bearer wrong", "10.0.0.1")

    assert door.lets_in(token)
    door.refuses("Bearer wrong", "10.0.0.2")
    assert caplog.text.count("is not let in") == MOST_FAILURES + 1


def test_the_rates_remember_only_so_many() -> None:
    rates = CallRates(1, Clock().monotonic)

    for number in range(5000):
        rates.count(str(number))

    assert len(rates._sent) <= 1000


# ---- whoever has waited


def test_a_caller_is_known_again_while_its_token_holds(door: Door) -> None:
    actor = door.lets_in(door.token())

    assert door.callers.verified(actor) == actor


def test_people_are_left_to_slack(door: Door) -> None:
    assert door.callers.verified(Actor("U1", "dev")).name == "as Slack knows them"


def test_a_token_that_was_revoked_ends_the_right_of_what_waits(door: Door) -> None:
    actor = door.lets_in(door.token())
    door.tokens.revoke("jenkins-shop")

    assert door.callers.verified(actor).standing is Standing.REVOKED
    door.token()
    assert door.callers.verified(actor).standing is Standing.REVOKED, "another token, same name"


def test_a_token_that_expires_ends_it_too(door: Door) -> None:
    actor = door.lets_in(door.token())
    door.clock.seconds = LIFE.total_seconds()

    assert door.callers.verified(actor).standing is Standing.REVOKED


def test_what_an_actor_says_of_its_rights_is_not_what_counts(door: Door) -> None:
    actor = door.lets_in(door.token())
    assert actor.rights
    wide = replace(actor, rights=replace(actor.rights, services=("*",), roles=frozenset({"lead"})))

    assert door.callers.verified(wide) == actor
    assert door.callers.verified(replace(actor, id="ci:other")).standing is Standing.REVOKED
    assert door.callers.verified(replace(actor, rights=None)).standing is Standing.REVOKED


def test_while_redis_is_away_nobody_knows(door: Door) -> None:
    actor = door.lets_in(door.token())
    door.redis.away = True

    unknown = door.callers.verified(actor)

    assert unknown.standing is Standing.UNKNOWN
    door.redis.away = False
    assert door.callers.verified(unknown) == actor


def test_a_job_of_an_issuer_is_known_by_its_entry_after_its_own_token_is_over() -> None:
    issuer = Issuer()
    values: dict[str, Any] = {
        "name": "github",
        "issuer": issuer.url,
        "audience": "swarmbot",
        "claims": {"repository": "acme/shop"},
        "role": "ci",
    }
    before, after = (CiSettings(**values, services=services) for services in (("*",), ("web*",)))
    actor = door_with(before).lets_in(issuer.token())
    issuer.stop()

    narrowed = door_with(after).callers.verified(actor)

    assert narrowed.standing is Standing.PIPELINE
    assert narrowed.rights
    assert narrowed.rights.services == ("web*",)
    assert door_with().callers.verified(actor).standing is Standing.REVOKED


def test_an_error_of_redis_while_the_use_is_noted_keeps_nobody_out(door: Door) -> None:
    token = door.token()

    class Forgetful(TokenStore):
        def note_use(self, token_id: str, now: datetime) -> None:
            raise StoreUnavailableError("full")

    forgetful = Forgetful(door.redis.client(), Signer(b"the key of all bots of one test"))

    assert replace(door.authentication, tokens=forgetful).caller(f"Bearer {token}")
