"""What looks like a secret is dots wherever people read, and what does not stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.secrecy import (
    dots,
    looks_secret,
    masked_line,
    masked_pair,
    masked_text,
    masked_value,
    masked_words,
)

SECRET = "correct-horse-battery-7"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", ""), ("x", "•••"), ("x" * 12, "••••••"), ("x" * 32, "•••••••••"), ("•••", "•••")],
)
def test_dots_tell_the_class_of_the_length(value: str, shown: str) -> None:
    assert dots(value) == shown


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "DBPASSWORD",
        "db.passwd",
        "apiKey",
        "API_KEY",
        "AUTH_TOKEN",
        "splunk-token",
        "--token",
        "--password",
        "client_secret",
        "SESSION_COOKIE",
        "SENTRY_DSN",
        "PRIVATE_KEY",
        "com.example.api-key",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "MODE",
        "DEBUG",
        "zone",
        "author",
        "org.opencontainers.image.authors",
        "KEY",
        "monkey",
        "com.docker.stack.image",
        "traefik.http.routers.web.rule",
        "--verbose",
        "image",
    ],
)
def test_other_names(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={SECRET}",
        f'config: {{"password": "{SECRET}", "user": "x"}}',
        f"fatal: error: token={SECRET}",
        f"a=b=c api_key = '{SECRET}'",
        f"mysql --password {SECRET} -h db",
        f"mysql --password={SECRET} -h db",
        f"cannot reach postgres://app:{SECRET}@db:5432/x",
        f"curl -H 'Authorization: Bearer {SECRET}'",
        f"authorization: bearer {SECRET}",
        f"docker swarm join --token SWMTKN-1-{SECRET}",
        f"the key is SWMKEY-1-{SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"posting to https://hooks.slack.com/commands/T1/{SECRET}",
        f"-----BEGIN CERTIFICATE-----\nTOKEN={SECRET}\n-----END CERTIFICATE-----",
    ],
)
def test_what_looks_like_a_secret_goes_out_of_a_text(text: str) -> None:
    masked = masked_text(text)
    assert SECRET[-12:] not in masked
    assert "•••" in masked
    assert masked.count("\n") == text.count("\n")
    assert masked_text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "exit code 3: FATAL: cannot read /etc/shop.conf",
        "No such image: shop/web:2.0@sha256:" + "a" * 64,
        "rpc error: code = Unavailable desc = the swarm does not have a leader",
        "listening on http://0.0.0.0:8080/health",
        "task: non-zero exit (1)",
        "2026-03-04T15:40:00Z level=info msg=ready",
        "-----BEGIN CERTIFICATE-----\nMIIB/pw\nLM10pw==\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked_text(text) == text


def test_pairs() -> None:
    assert masked_value(f"MODE={SECRET}") == "MODE=••••••"
    assert masked_value("MODE") == "MODE"
    assert masked_pair("zone=a") == "zone=a"
    assert masked_pair(f"db.token={SECRET}") == "db.token=••••••"


def test_words_of_a_command() -> None:
    words = ["run", "--password", SECRET, f"--token={SECRET}", "-p", "80", f"URL=x://u:{SECRET}@h"]
    assert masked_words(words) == [
        "run",
        "--password",
        "••••••",
        "--token=••••••",
        "-p",
        "80",
        "URL=x://u:••••••@h",
    ]
    assert SECRET not in masked_line(f"sh -c 'x --password {SECRET}'")
    assert masked_line('sh -c "echo hi"') == 'sh -c "echo hi"'
    assert SECRET not in masked_line(f"it's --password {SECRET}")


@given(st.text(max_size=300))
def test_masking_keeps_lines_and_is_its_own_fixed_point(text: str) -> None:
    masked = masked_text(text)
    assert masked.count("\n") == text.count("\n")
    assert masked_text(masked) == masked
