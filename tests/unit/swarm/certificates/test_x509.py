"""What certificates say of themselves, those of a Swarm's nodes among them, and what is none."""

import ssl
from datetime import UTC, datetime

import pytest

from bot.model.cluster import LogLine
from bot.swarm.certificates import x509
from bot.swarm.certificates.agent import judged
from bot.swarm.certificates.handshake import split
from bot.swarm.certificates.x509 import Leaf
from tests.unit.swarm.values import task

NODE_ID = "n1pwdljtc6xeh4f724ntiolq6"
NODE = """-----BEGIN CERTIFICATE-----
MIICEjCCAbmgAwIBAgIUMp7CdMCVQMVgP4SH21tpV/STGzUwCgYIKoZIzj0EAwIw
XzEiMCAGA1UECgwZZThkZmhvajNqNTdidGVraHVuMnZkdzJ3YTEVMBMGA1UECwwM
c3dhcm0td29ya2VyMSIwIAYDVQQDDBluMXB3ZGxqdGM2eGVoNGY3MjRudGlvbHE2
MB4XDTI2MTEyNDAxNTkwNVoXDTI3MDIyMjAxNTkwNVowXzEiMCAGA1UECgwZZThk
ZmhvajNqNTdidGVraHVuMnZkdzJ3YTEVMBMGA1UECwwMc3dhcm0td29ya2VyMSIw
IAYDVQQDDBluMXB3ZGxqdGM2eGVoNGY3MjRudGlvbHE2MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEX24Gew55WI7VJXJaBSSUk9qlNFloPw1y6VUWdwQif4DoJ09S
vWzleRhRkJ79iL9suoiTwuTgLOAgDUWlzx5hKaNTMFEwHQYDVR0OBBYEFKilaI0l
jYzzMRnAeLzQCiUtjePbMB8GA1UdIwQYMBaAFKilaI0ljYzzMRnAeLzQCiUtjePb
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgbPkF7yPtSEdj/5G2
OmEUp/uhOHfXLTVmRaaMA2LzltICIBVF7SZKgVLaLW85nyzbngsx85fAUUZzzTrP
y1cyjM5a
-----END CERTIFICATE-----
"""
# Valid beyond 2049, from where on dates are written in another way.
LONG = """-----BEGIN CERTIFICATE-----
MIIBxzCCAW2gAwIBAgIUPrmh/NwP+MXNvfc9kq0dHZH43nkwCgYIKoZIzj0EAwIw
ODELMAkGA1UEBhMCREUxDjAMBgNVBAcMBUvDtmxuMRkwFwYDVQQDDBBzY2jDtm5l
ci5leGFtcGxlMCAXDTI2MTEyNDAxNTkwNVoYDzIwODEwODI3MDE1OTA1WjA4MQsw
CQYDVQQGEwJERTEOMAwGA1UEBwwFS8O2bG4xGTAXBgNVBAMMEHNjaMO2bmVyLmV4
YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARAaRt4FJheVad3UfvMi7Fj
yieAQZ4E8XHfVgnZ1urRpZPjecvrSpLqGLe2YQog3Z/ZApW+R865jFj79xx8ujOp
o1MwUTAdBgNVHQ4EFgQUMkzOlc3/K31Zdy2KNufm6XshdXQwHwYDVR0jBBgwFoAU
MkzOlc3/K31Zdy2KNufm6XshdXQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNIADBFAiEAkEvp9rNQt+Vab9ip37iTOl1vXSIHej/DcIrM6IO+Sv0CIFBssa0f
plAdgM0MOPpzdxlmdgrd1BMCjpaOG5rov6p7
-----END CERTIFICATE-----
"""
LEAF = Leaf(
    NODE_ID,
    "swarm-worker",
    "e8dfhoj3j57btekhun2vdw2wa",
    datetime(2026, 11, 24, 1, 59, 5, tzinfo=UTC),
    datetime(2027, 2, 22, 1, 59, 5, tzinfo=UTC),
)


def test_a_nodes_certificate_says_which_node_role_and_swarm() -> None:
    assert x509.from_pem(NODE) == LEAF
    assert x509.from_der(ssl.PEM_cert_to_DER_cert(NODE)) == LEAF


def test_the_first_of_a_chain_counts_whatever_stands_around_it() -> None:
    assert x509.from_pem("kek-version: 1\n" + NODE + LONG) == LEAF
    assert x509.from_pem(NODE.replace("\n", "\r\n")) == LEAF


def test_names_and_dates_of_all_kinds() -> None:
    parsed = x509.from_pem(LONG)
    assert (parsed.name, parsed.unit, parsed.organization) == (
        "schöner.example",
        "",
        "",
    )
    assert parsed.ends == datetime(2081, 8, 27, 1, 59, 5, tzinfo=UTC)


def test_what_is_no_certificate() -> None:
    whole = ssl.PEM_cert_to_DER_cert(NODE)
    for text in ("", "nonsense", NODE[:200], NODE.replace("CERTIFICATE", "KEY")):
        with pytest.raises(ValueError, match="certificate"):
            x509.from_pem(text)
    for der in (
        b"",
        b"\x30",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x82",
        b"\x00" * 64,
        whole[4:],
        b"\xff" * 32,
    ):
        with pytest.raises(ValueError, match=r"\w"):
            x509.from_der(der)


def test_a_certificate_that_is_cut_off_or_damaged_is_an_error_or_a_certificate() -> None:
    whole = ssl.PEM_cert_to_DER_cert(NODE)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r"\w"):
            x509.from_der(whole[:length])
    for at in range(len(whole)):
        try:
            x509.from_der(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        except ValueError:
            continue


def lines(text: str, task_id: str) -> list[LogLine]:
    return [LogLine(None, task_id, NODE_ID, line) for line in text.splitlines()]


def test_what_the_job_on_a_node_found() -> None:
    done = task(0, NODE_ID, "complete")
    other_task = task(0, "other", "complete")
    assert judged(done, lines("noise", other_task.id) + lines(NODE, done.id), NODE_ID) == LEAF
    assert (
        judged(done, lines(NODE, done.id), "other")
        == f"the certificate there is of another node, {NODE_ID}"
    )
    assert judged(done, lines(NODE, other_task.id), NODE_ID) == "the log of the job does not come"
    assert "no certificate is in it" in str(
        judged(done, lines("sh: no such file", done.id), NODE_ID)
    )
    assert judged(None, (), NODE_ID) == "the job did not reach it within 30 s"
    rejected = task(0, NODE_ID, "rejected", error="bind source path does not exist")
    assert (
        judged(rejected, (), NODE_ID)
        == "the job is rejected there: bind source path does not exist"
    )


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("10.0.0.1:2377", ("10.0.0.1", 2377)),
        ("[fe80::1]:2377", ("fe80::1", 2377)),
        ("shop.example", ("shop.example", 443)),
        ("[::1]", ("::1", 443)),
    ],
)
def test_host_and_port(address: str, parts: tuple[str, int]) -> None:
    assert split(address, 443) == parts
