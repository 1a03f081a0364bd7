"""The lines about the Swarm itself that operators have in their notebooks, with the word `docker`
and without it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.command import line
from bot.errors import (
    InvalidLineError,
    InvalidValueError,
    SecretTypedError,
    SwarmbotError,
    UnknownFlagError,
)
from handlers.commands import TABLE


@pytest.mark.parametrize("prefix", ["", "docker "])
@pytest.mark.parametrize(
    ("text", "name", "fields"),
    [
        ("system info", "system info", {}),
        ("info --on node2", "system info", {"on": "node2"}),
        (
            "swarm init --advertise-addr 10.99.0.1:2377 --listen-addr 0.0.0.0:2377 --autolock",
            "swarm init",
            {"advertise_addr": "10.99.0.1:2377", "autolock": True},
        ),
        ("swarm init --data-path-port=7777", "swarm init", {"data_path_port": 7777}),
        ("swarm join-token manager", "swarm join-token", {"role": "manager"}),
        (
            "swarm join-token --rotate worker",
            "swarm join-token",
            {"role": "worker", "rotate": True},
        ),
        (
            "swarm join 10.99.0.1:2377 --on node4",
            "swarm join",
            {"remote": "10.99.0.1:2377", "on": "node4"},
        ),
        (
            "join 10.99.0.1 --as manager",
            "swarm join",
            {"remote": "10.99.0.1:2377", "role": "manager"},
        ),
        ("swarm leave --force", "swarm leave", {"force": True}),
        ("swarm leave -f --on node3", "swarm leave", {"force": True, "on": "node3"}),
        ("swarm update --cert-expiry 720h", "swarm update", {"cert_expiry": "720h"}),
        ("swarm update --autolock=true", "swarm update", {"autolock": True}),
        ("swarm update --autolock=false", "swarm update", {"autolock": False}),
        ("swarm unlock-key", "swarm unlock-key", {}),
        ("swarm unlock-key -q --rotate", "swarm unlock-key", {"quiet": True, "rotate": True}),
        ("swarm unlock", "swarm unlock", {}),
        ("swarm ca", "swarm ca", {}),
        (
            "swarm ca --rotate --cert-expiry 900h",
            "swarm ca",
            {"rotate": True, "cert_expiry": "900h"},
        ),
    ],
)
def test_a_line_as_typed(prefix: str, text: str, name: str, fields: dict[str, Any]) -> None:
    command = line.parse(prefix + text, TABLE)
    assert command.full_name() == name
    assert command.model_dump(mode="json", exclude_defaults=True) == fields
    assert line.parse(line.write(command), TABLE) == command


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("swarm update", InvalidLineError, "name at least one setting"),
        ("swarm update --cert-expiry 59m", InvalidLineError, "at least 1h"),
        ("swarm update --task-history-limit -1", InvalidValueError, "at least 0"),
        ("swarm update --autolock true", InvalidLineError, "`true` is one argument too many"),
        ("swarm init --data-path-port 80", InvalidValueError, "at least 1024"),
        ("swarm init --default-addr-pool 10.0.0.0", InvalidValueError, "a network such as"),
        ("swarm join http://x", InvalidValueError, "an address such as"),
        ("swarm join-token", InvalidLineError, "is missing"),
        ("swarm join-token both", InvalidValueError, "'worker' or 'manager'"),
        ("swarm ca --external-ca protocol=cfssl,url=https://ca", InvalidLineError, "--rotate"),
        ("service update --autolock=true", UnknownFlagError, "swarm update --autolock=true"),
        ("swarm join --token SWMTKN-1-aa-bb 10.0.0.1:2377", SecretTypedError, "a join token"),
        ("swarm unlock SWMKEY-1-abc", SecretTypedError, "an unlock key"),
    ],
)
def test_a_line_that_is_not_right(text: str, kind: type[SwarmbotError], said: str) -> None:
    with pytest.raises(kind) as caught:
        line.parse(text, TABLE)
    assert said in " ".join(map(str, vars(caught.value).values()))
