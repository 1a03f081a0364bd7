"""What engines say when they refuse, and what it means."""

import pytest

from bot.errors import (
    EngineRefusedError,
    NameTakenError,
    NoLeaderError,
    NotAManagerError,
    OutOfSequenceError,
    PortTakenError,
    UnknownNameError,
)
from bot.swarm.engine.refusals import NO_OBJECT, ConnectionLostError, Target, refusal

WEB = Target("service", "web")
CODE = "rpc error: code = Unknown desc = "


@pytest.mark.parametrize(
    ("status", "text", "target", "error", "data"),
    [
        (
            500,
            CODE + "The swarm does not have a leader. It's possible",
            NO_OBJECT,
            NoLeaderError,
            (),
        ),
        (
            503,
            'This node is not a swarm manager. Use "docker swarm init"',
            NO_OBJECT,
            NotAManagerError,
            ((("one", "inactive"),),),
        ),
        (
            503,
            "This node is not a swarm manager. Worker nodes can't be used to view",
            NO_OBJECT,
            NotAManagerError,
            ((("one", "worker"),),),
        ),
        (
            503,
            "Swarm is encrypted and needs to be unlocked before",
            NO_OBJECT,
            NotAManagerError,
            ((("one", "locked"),),),
        ),
        (
            503,
            "This node is not part of a swarm",
            NO_OBJECT,
            NotAManagerError,
            ((("one", "inactive"),),),
        ),
        (503, "This node is already part of a swarm.", NO_OBJECT, EngineRefusedError, (503,)),
        (500, CODE + "node lost leader status", NO_OBJECT, ConnectionLostError, ()),
        (
            500,
            "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
            NO_OBJECT,
            ConnectionLostError,
            (),
        ),
        (500, CODE + "update out of sequence", WEB, OutOfSequenceError, ("service", "web")),
        (404, "service web not found", WEB, UnknownNameError, ("service", "web", ())),
        (404, "network uber-net not found", WEB, UnknownNameError, ("network", "uber-net", ())),
        (500, "network uber-net not found", WEB, UnknownNameError, ("network", "uber-net", ())),
        (
            400,
            "rpc error: code = InvalidArgument desc = secret not found: key",
            WEB,
            UnknownNameError,
            ("secret", "key", ()),
        ),
        (404, "page not found", NO_OBJECT, EngineRefusedError, (404,)),
        (
            409,
            CODE + "name conflicts with an existing object: service web already exists",
            WEB,
            NameTakenError,
            ("service", "web"),
        ),
        (
            409,
            "network with name uber-net already exists",
            NO_OBJECT,
            NameTakenError,
            ("network", "uber-net"),
        ),
        (
            400,
            CODE + "port '8080' is already in use by service 'api' (x1y2) as an ingress port",
            WEB,
            PortTakenError,
            (8080, "api"),
        ),
        (501, CODE + "renaming services is not supported", WEB, EngineRefusedError, (501,)),
    ],
)
def test_refusals(
    status: int, text: str, target: Target, error: type[Exception], data: tuple[object, ...]
) -> None:
    raised = refusal("one", status, text, target)
    assert type(raised) is error
    if data:
        assert tuple(vars(raised).values())[: len(data)] == data


def test_tokens_and_keys_in_an_answer_are_blacked_out() -> None:
    raised = refusal(
        "one",
        400,
        "invalid join token SWMTKN-1-49nj1cmql0-8vxv8 or SWMKEY-1-7c37Cc8654o6p",
        NO_OBJECT,
    )
    assert isinstance(raised, EngineRefusedError)
    assert raised.reason == "invalid join token SWMTKN-•••••• or SWMKEY-••••••"
