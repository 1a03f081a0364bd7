"""Whatever a generator of requests sends, the answer is one that the OpenAPI document names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy, booleans
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from bot.errors import UnauthenticatedError
from bot.model import Actor
from bot.model.people import Standing
from bot.model.pipeline_caller import PipelineRights
from bot.model.sent_command import SentCommand, SentEnding, SentState, number_at
from handlers.http.authentication import Caller
from handlers.http.server import Web
from tests.memory.test_commands_api import runs_freely
from tests.memory.twin.world import World

RIGHTS = PipelineRights(frozenset({"ci"}), ("*",), "none")
Case = schemathesis.Case[Any]
CALLER = Actor("ci:any", "CI any", standing=Standing.PIPELINE, rights=RIGHTS)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
OPERATIONS = 4
KNOWN = "0123456789abcdef"
"""The id of a command that has ended."""
EXAMPLES = 20
"""Of each operation."""


class AnyToken:
    """Lets everybody in who shows one, as often as they like."""

    def caller(self, authorization: str, address: str = "") -> Caller:
        del address
        if not authorization.startswith("Bearer"):
            raise UnauthenticatedError
        return Caller(CALLER)


@pytest.fixture
def document(world: World) -> BaseSchema:
    """The document of a bot in memory."""
    now = world.clock.now()
    ended = SentCommand(
        id=KNOWN,
        number=number_at(now),
        caller=CALLER.id,
        asked_by=CALLER.name,
        line="service ls",
        created=now,
        changed=now,
        state=SentState.ENDED,
        ending=SentEnding.COMPLETED,
    )
    world.bot.store.commands.create(ended)
    ci = replace(world.bot.ci(), authentication=AnyToken())
    web = Web({}, bytes, ci=lambda: ci)
    return schemathesis.openapi.from_asgi("/v1/openapi.json", web.app())


@runs_freely
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_one_of_the_document(
    document: BaseSchema, mode: schemathesis.GenerationMode
) -> None:
    results = tuple(document.get_all_operations())
    assert len(results) == OPERATIONS
    for result in results:
        assert isinstance(result, Ok)
        _try(result.ok().as_strategy(generation_mode=mode))


def _try(cases: SearchStrategy[Case]) -> None:
    """Of operations on one command, half are about one that there is."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, known=booleans())
    def is_answered(case: Case, known: bool) -> None:
        if known and case.path_parameters:
            case.path_parameters["command_id"] = KNOWN
        case.call_and_validate(checks=CHECKS)

    is_answered()
