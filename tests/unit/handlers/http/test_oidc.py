"""Tokens of an issuer with real keys over HTTP: which hold, which are forged, and how seldom the
issuer is asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.check import issuers
from bot.errors import IssuerUnavailableError, UnauthenticatedError
from bot.model import Standing
from bot.settings import CiSettings, Settings
from handlers.http.callers import entry_of
from handlers.http.issuer_keys import (
    AGAIN_SECONDS,
    FRESH_SECONDS,
    LAST_KNOWN_SECONDS,
    MOST_BYTES,
    IssuerKeys,
)
from handlers.http.oidc import Oidc
from tests.issuer import Issuer, ec_key, public, rsa_key

DISCOVERY = "/.well-known/openid-configuration"


class Counted:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture
def clock() -> Counted:
    return Counted()


def entry(issuer: Issuer, **fields: Any) -> CiSettings:
    values = {
        "name": "github",
        "issuer": issuer.url,
        "audience": "swarmbot",
        "claims": {"repository": "acme/shop", "ref": "refs/heads/main"},
        "role": "ci",
        "services": ("web*",),
    }
    return CiSettings(**{**values, **fields})


@pytest.fixture
def oidc(issuer: Issuer, clock: Counted) -> Oidc:
    return made(issuer, clock, entry(issuer))


def made(issuer: Issuer, clock: Callable[[], float], *entries: CiSettings) -> Oidc:
    return Oidc(entries, {issuer.url: IssuerKeys(issuer.url, clock)})


def refused(oidc: Oidc, token: str) -> str:
    with pytest.raises(UnauthenticatedError) as error:
        oidc.actor(token)
    return error.value.reason


# ---- who comes in


def test_a_job_is_let_in_as_its_entry_says(issuer: Issuer, oidc: Oidc) -> None:
    actor = oidc.actor(issuer.token())

    assert (actor.id, actor.name) == ("ci:github:acme/shop", "CI github acme/shop")
    assert actor.standing is Standing.PIPELINE
    assert actor.rights
    assert (actor.rights.roles, actor.rights.services) == (frozenset({"ci"}), ("web*",))
    assert dict(actor.rights.claims) == {"repository": "acme/shop", "ref": "refs/heads/main"}


def test_keys_on_curves_count_too(issuer: Issuer, oidc: Oidc) -> None:
    issuer.keys["curve"] = ec_key()

    assert oidc.actor(issuer.token("curve", algorithm="ES256"))


@pytest.mark.parametrize(
    ("claims", "fits"),
    [
        ({"repository": "acme/shop"}, True),
        ({"repository": "acme/*"}, True),
        ({"repository": "acme/shop", "ref": "refs/heads/ma?n"}, True),
        ({"run_number": "418", "ref_protected": "true"}, True),
        ({"repository": "acme/sho"}, False),
        ({"repository": "ACME/shop"}, False),
        ({"repository": "acme/shop", "ref": "refs/tags/*"}, False),
        ({"repository": "acme/shop", "environment": "*"}, False),
        ({"aud": "swarmbot"}, True),
    ],
)
def test_every_claim_of_the_entry_has_to_fit(
    issuer: Issuer, clock: Counted, claims: dict[str, str], fits: bool
) -> None:
    oidc = made(issuer, clock, entry(issuer, claims=claims))

    if fits:
        assert oidc.actor(issuer.token())
    else:
        assert "no entry" in refused(oidc, issuer.token())


def test_a_claim_that_is_a_list_fits_nothing(issuer: Issuer, clock: Counted) -> None:
    oidc = made(issuer, clock, entry(issuer, claims={"groups": "*"}))

    refused(oidc, issuer.token(groups=["acme"]))


def test_the_first_entry_that_fits_decides(issuer: Issuer, clock: Counted) -> None:
    oidc = made(
        issuer,
        clock,
        entry(issuer, name="other", claims={"repository": "other/*"}),
        entry(issuer, name="else", audience="elsewhere"),
        entry(issuer, name="main", called="sub"),
        entry(issuer, name="late"),
    )

    assert oidc.actor(issuer.token()).id == "ci:main:repo:acme/shop:ref:refs/heads/main"
    assert oidc.actor(issuer.token(aud="elsewhere")).id == "ci:else:acme/shop"


@pytest.mark.parametrize("name", ["", "x" * 201, "line\nbreak", None, 7.5])
def test_who_has_no_name_that_can_be_shown_is_not_let_in(
    issuer: Issuer, clock: Counted, name: object
) -> None:
    oidc = made(issuer, clock, entry(issuer, claims={"ref": "*"}, called="repository"))

    refused(oidc, issuer.token(repository=name))


# ---- what is forged, or does not hold


def unsigned(issuer: Issuer) -> str:
    head = part(json.dumps({"alg": "none", "kid": "one"}))
    return f"{head}.{issuer.token().split('.')[1]}."


def signed_with_the_public_key(issuer: Issuer) -> str:
    """HS256, with what everybody can read as its secret."""
    pem = (
        rsa_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = part(json.dumps({"alg": "HS256", "kid": "one"}))
    body = issuer.token().split(".")[1]
    mac = hmac.new(pem, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def with_other_claims(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return f"{head}.{part(json.dumps({**claims, 'repository': 'acme/payroll'}))}.{signature}"


NOW = time.time


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(unsigned, id="alg none"),
        pytest.param(signed_with_the_public_key, id="HS256 with the public key"),
        pytest.param(with_other_claims, id="other claims under the same signature"),
        pytest.param(lambda i: i.token(signed_with=rsa_key(2)), id="another key under this id"),
        pytest.param(
            lambda i: i.token(signed_with=rsa_key(2), headers={"jwk": public("one", rsa_key(2))}),
            id="its own key in the header",
        ),
        pytest.param(
            lambda i: i.token(signed_with=rsa_key(2), headers={"jku": "http://127.0.0.1:9/"}),
            id="its own keys at another address",
        ),
        pytest.param(lambda i: i.token(algorithm="RS512"), id="an algorithm that is not taken"),
        pytest.param(lambda i: i.token(algorithm="PS256"), id="another padding"),
        pytest.param(lambda i: i.token(headers={"crit": ["x"], "x": 1}), id="an unknown extension"),
        pytest.param(lambda i: i.token(headers={"kid": ""}), id="no key id"),
        pytest.param(lambda i: i.token(headers={"kid": "k" * 201}), id="a long key id"),
        pytest.param(lambda i: i.token(aud="another"), id="another audience"),
        pytest.param(lambda i: i.token(aud=[]), id="no audience"),
        pytest.param(lambda i: i.token(iss="http://127.0.0.1:9"), id="another issuer"),
        pytest.param(lambda i: i.token(iss=i.url + "/"), id="nearly the issuer"),
        pytest.param(lambda i: i.token(exp=int(NOW()) - 61), id="expired"),
        pytest.param(lambda i: i.token(nbf=int(NOW()) + 90), id="not yet"),
        pytest.param(lambda i: i.token(iat=int(NOW()) + 90), id="made in the future"),
        pytest.param(lambda i: i.token(exp="soon"), id="an end that is no number"),
        *(
            pytest.param(lambda i, name=name: i.token(without=(name,)), id=f"without {name}")
            for name in ("iss", "aud", "exp", "iat", "nbf")
        ),
        pytest.param(lambda _: "a.b.c", id="no JSON"),
        pytest.param(lambda _: "[" * 16_000, id="brackets"),
        pytest.param(lambda _: part("[" * 9000) + "." + part("{" * 9000) + ".x", id="deep"),
        pytest.param(lambda _: part("[]") + "." + part("[]") + ".", id="lists"),
    ],
)
def test_what_does_not_hold_is_refused(
    issuer: Issuer, oidc: Oidc, forged: Callable[[Issuer], str]
) -> None:
    oidc.actor(issuer.token())

    refused(oidc, forged(issuer))


def test_clocks_may_differ_by_a_minute(issuer: Issuer, oidc: Oidc) -> None:
    assert oidc.actor(issuer.token(iat=int(NOW()) + 50, nbf=int(NOW()) + 50))
    assert oidc.actor(issuer.token(exp=int(NOW()) - 50))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True),
        st.builds(
            lambda *values: ".".join(part(json.dumps(value)) for value in values),
            st.dictionaries(st.sampled_from(["alg", "kid", "crit"]), st.integers() | st.text()),
            st.dictionaries(st.sampled_from(["iss", "aud", "exp"]), st.integers() | st.text()),
            st.text(),
        ),
    )
)
def test_whatever_is_sent_is_refused_and_nothing_breaks(oidc: Oidc, text: str) -> None:
    refused(oidc, text)


# ---- the keys


def test_keys_are_asked_for_once_an_hour(issuer: Issuer, oidc: Oidc, clock: Counted) -> None:
    for _ in range(5):
        oidc.actor(issuer.token())
    assert issuer.asked == [DISCOVERY, "/jwks"]

    clock.seconds += FRESH_SECONDS + 1
    oidc.actor(issuer.token())
    assert len(issuer.asked) == 4


def test_a_key_that_came_anew_is_found_at_the_next_question(
    issuer: Issuer, oidc: Oidc, clock: Counted
) -> None:
    oidc.actor(issuer.token())
    issuer.keys = {"two": rsa_key(2)}
    clock.seconds += AGAIN_SECONDS

    assert oidc.actor(issuer.token("two"))
    refused(oidc, issuer.token("one", signed_with=rsa_key()))


def test_unknown_keys_in_a_flood_ask_the_issuer_seldom(
    issuer: Issuer, oidc: Oidc, clock: Counted
) -> None:
    oidc.actor(issuer.token())
    for number in range(500):
        clock.seconds += 0.1
        refused(oidc, issuer.token(headers={"kid": f"forged-{number}"}))

    assert issuer.asked.count("/jwks") <= 1 + 50 / AGAIN_SECONDS


def test_while_the_issuer_is_away_its_last_keys_count_for_a_day(
    issuer: Issuer, oidc: Oidc, clock: Counted
) -> None:
    token = issuer.token()
    oidc.actor(token)
    issuer.answers["/jwks"] = (503, b"")

    clock.seconds += FRESH_SECONDS + 1
    assert oidc.actor(token)
    clock.seconds += LAST_KNOWN_SECONDS
    with pytest.raises(IssuerUnavailableError):
        oidc.actor(token)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (DISCOVERY, 404, b""),
        (DISCOVERY, 200, b"no JSON"),
        (DISCOVERY, 200, b"[]"),
        (DISCOVERY, 200, b'{"issuer": "https://another.example.com"}'),
        (DISCOVERY, 302, b"/elsewhere"),
        (DISCOVERY, 200, b" " * (MOST_BYTES + 1)),
        ("/jwks", 500, b""),
        ("/jwks", 200, b"{}"),
        ("/jwks", 200, b'{"keys": 7}'),
        ("/jwks", 200, b'{"keys": []}'),
        ("/jwks", 302, b"file:///etc/passwd"),
        ("/jwks", 200, b"\xff\xfe"),
    ],
)
def test_an_issuer_that_does_not_give_its_keys_is_no_refusal(
    issuer: Issuer, oidc: Oidc, path: str, status: int, body: bytes
) -> None:
    issuer.answers[path] = (status, body)

    with pytest.raises(IssuerUnavailableError):
        oidc.actor(issuer.token())
    with pytest.raises(IssuerUnavailableError):
        oidc.actor(issuer.token())
    assert issuer.asked.count(path) == 1


def jwks() -> bytes:
    return json.dumps({"keys": [public("one", rsa_key())]}).encode()


def test_who_calls_itself_another_issuer_gives_no_keys(issuer: Issuer, oidc: Oidc) -> None:
    document = {"issuer": "https://ci.example.com", "jwks_uri": f"{issuer.url}/jwks"}
    issuer.answers[DISCOVERY] = (200, json.dumps(document).encode())

    with pytest.raises(IssuerUnavailableError) as refused_by:
        oidc.actor(issuer.token())
    assert "calls itself 'https://ci.example.com'" in refused_by.value.reason


def test_keys_that_are_elsewhere_are_not_fetched_from_there(issuer: Issuer, oidc: Oidc) -> None:
    issuer.answers |= {"/jwks": (302, b"/moved"), "/moved": (200, jwks())}

    with pytest.raises(IssuerUnavailableError):
        oidc.actor(issuer.token())
    assert "/moved" not in issuer.asked


def test_keys_in_a_file_of_this_machine_are_nobodys(
    issuer: Issuer, oidc: Oidc, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_bytes(jwks())
    document = {"issuer": issuer.url, "jwks_uri": f"file://{tmp_path}/keys"}
    issuer.answers[DISCOVERY] = (200, json.dumps(document).encode())

    with pytest.raises(IssuerUnavailableError):
        oidc.actor(issuer.token())


@pytest.mark.parametrize(("spaces", "taken"), [(1000, True), (MOST_BYTES, False)])
def test_an_answer_has_a_bound(issuer: Issuer, oidc: Oidc, spaces: int, taken: bool) -> None:
    issuer.answers["/jwks"] = (200, jwks() + b" " * spaces)

    if taken:
        assert oidc.actor(issuer.token())
    else:
        with pytest.raises(IssuerUnavailableError):
            oidc.actor(issuer.token())


@pytest.mark.parametrize("uri", ["http://keys.example.com/", "file:///etc/passwd", "ftp://x/", ""])
def test_keys_are_read_from_nowhere_in_clear(issuer: Issuer, oidc: Oidc, uri: str) -> None:
    document = {"issuer": issuer.url, "jwks_uri": uri}
    issuer.answers[DISCOVERY] = (200, json.dumps(document).encode())

    with pytest.raises(IssuerUnavailableError):
        oidc.actor(issuer.token())


@pytest.mark.filterwarnings("ignore:The RSA key")
def test_keys_that_are_weak_or_for_something_else_do_not_count(issuer: Issuer, oidc: Oidc) -> None:
    keys = [
        public("good", rsa_key()),
        public("short", rsa_key(3, 1024)),
        public("encrypts", rsa_key(), use="enc"),
        public("curve", ec.generate_private_key(ec.SECP384R1())),
        {"kty": "oct", "kid": "shared", "k": part("secret" * 10), "alg": "HS256"},
    ]
    issuer.answers["/jwks"] = (200, json.dumps({"keys": keys}).encode())

    assert oidc.actor(issuer.token("good", signed_with=rsa_key()))
    refused(oidc, issuer.token("short", signed_with=rsa_key(3, 1024)))
    refused(oidc, issuer.token("encrypts", signed_with=rsa_key()))
    refused(oidc, jwt.encode({"iss": issuer.url}, "secret" * 10, "HS256", {"kid": "shared"}))


def test_many_at_once_ask_one_question_and_most_wait_for_nobody(
    issuer: Issuer, clock: Counted
) -> None:
    oidc, token = made(issuer, clock, entry(issuer)), issuer.token()
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        go_on.wait(10)

    issuer.before = hang
    outcomes: list[str] = []

    def come(_: int) -> None:
        try:
            outcomes.append(oidc.actor(token).id)
        except IssuerUnavailableError:
            outcomes.append("away")

    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(come, 0)
        assert asked.wait(5)
        rest = [pool.submit(come, number) for number in range(1, 12)]
        while len(outcomes) < 7:
            threading.Event().wait(0.005)
        go_on.set()
        for future in (first, *rest):
            future.result(10)

    assert outcomes.count("away") == 7
    assert outcomes.count("ci:github:acme/shop") == 5
    assert issuer.asked == [DISCOVERY, "/jwks"]


def test_the_check_says_whether_keys_can_be_read(issuer: Issuer) -> None:
    configured = Settings(ci=(entry(issuer), entry(issuer, name="other")))

    assert dict(issuers(configured)) == {f"CI issuer {issuer.url}": ""}
    issuer.answers["/jwks"] = (503, b"")
    ((_, problem),) = issuers(configured)
    assert "its keys cannot be read" in problem
    assert "503" in problem


# ---- what waited


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({}, True),
        ({"services": ("db",)}, True),
        ({"claims": {"repository": "acme/*"}}, True),
        ({"claims": {"repository": "other/shop"}}, False),
        ({"claims": {"repository": "acme/shop", "environment": "prod"}}, False),
        ({"name": "renamed"}, False),
    ],
)
def test_an_entry_that_was_narrowed_lets_in_no_more_who_waits(
    issuer: Issuer, oidc: Oidc, fields: dict[str, Any], holds: bool
) -> None:
    actor = oidc.actor(issuer.token())

    assert (entry_of(actor, (entry(issuer, **fields),)) is not None) is holds
