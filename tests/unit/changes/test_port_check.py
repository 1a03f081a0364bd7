"""A port that another service publishes is refused before anything is changed."""

from __future__ import annotations

import pytest

from bot.changes.port_check import refuse_taken
from bot.errors import PortTakenError
from bot.model import Port
from tests.unit.swarm.values import service

WEB = service(ports=(Port(8080, 8081),))
API = service(id="s2", name="api", ports=(Port(80, 8081),))
IDLE = service(id="s3", name="idle", ports=(Port(80, 8082),))


def test_the_service_that_has_the_port_is_named() -> None:
    with pytest.raises(PortTakenError) as refused:
        refuse_taken(WEB, (WEB, IDLE, API))
    assert (refused.value.port, refused.value.service) == (8081, "api")


def test_its_own_ports_and_those_of_others_are_no_clash() -> None:
    refuse_taken(WEB, (WEB, IDLE))
