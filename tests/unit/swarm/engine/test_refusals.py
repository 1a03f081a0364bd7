"""Refusals whose words tell nothing more than their status; those that do are a table in
`tests/unit/swarm/test_engine_words.py`."""

import pytest

from bot.errors import EngineRefusedError, UnknownNameError
from bot.swarm.engine.refusals import NO_OBJECT, Target, refusal

RPC = "rpc error: code = Unknown desc = "


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (503, "This node is already part of a swarm."),
        (404, "page not found"),
        (501, f"{RPC}renaming services is not supported"),
        (400, "This node is not part of a swarm"),
    ],
)
def test_a_refusal_that_is_only_passed_on(status: int, text: str) -> None:
    raised = refusal("node1", status, text, NO_OBJECT)
    assert isinstance(raised, EngineRefusedError)
    assert (raised.status, raised.reason) == (status, text)


def test_what_is_not_found_is_what_was_asked_for_unless_the_engine_names_another() -> None:
    web = Target("service", "web")
    for status, text, expected in (
        (404, "service x1y2 not found", ("service", "web")),
        (404, "no such thing", ("service", "web")),
        (500, "network uber-net not found", ("network", "uber-net")),
    ):
        raised = refusal("node1", status, text, web)
        assert isinstance(raised, UnknownNameError)
        assert (raised.kind, raised.name) == expected


def test_tokens_and_keys_in_an_answer_are_blacked_out() -> None:
    raised = refusal(
        "one",
        400,
        "invalid join token SWMTKN-1-49nj1cmql0-8vxv8 or SWMKEY-1-7c37Cc8654o6p",
        NO_OBJECT,
    )
    assert isinstance(raised, EngineRefusedError)
    assert raised.reason == "invalid join token SWMTKN-•••••• or SWMKEY-••••••"
