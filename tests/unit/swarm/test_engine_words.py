"""Whole sentences of engines, by the version of Docker that says them, and what the bot takes them
for."""

from __future__ import annotations

import pytest

from bot.errors import (
    NameTakenError,
    NoLeaderError,
    NotAManagerError,
    OutOfSequenceError,
    PortTakenError,
    UnknownNameError,
)
from bot.model import CauseKind
from bot.model.cluster import EngineFault
from bot.swarm.engine.refusals import (
    ConnectionLostError,
    Target,
    is_refused_version,
    refusal,
)
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.objects.logs import SYSTEM_ERROR, parse
from bot.swarm.spec.read_cluster import engine_fault
from tests.unit.swarm.values import FOUR, V2, task

ALL = "20.10 to 29.7"
WEB = Target("service", "web")
RPC = "rpc error: code = "
SET_UP = "starting container failed: failed to set up container networking: driver failed "
ENDPOINT = "programming external connectivity on endpoint web.1.u7pq (4f2a91c0ffee): "
IN_USE = "address already in use"


@pytest.mark.parametrize(
    ("versions", "status", "sentence", "error", "data"),
    [
        (
            ALL,
            503,
            (
                'Swarm is encrypted and needs to be unlocked before it can be used. Please use "'
                'docker swarm unlock" to unlock it.'
            ),
            NotAManagerError,
            ((("node1", "locked"),),),
        ),
        (
            ALL,
            503,
            "Swarm certificates have expired. To replace them, leave the swarm and join again.",
            NotAManagerError,
            ((("node1", "expired"),),),
        ),
        (
            ALL,
            503,
            (
                "This node is not a swarm manager. Worker nodes can't be used to view or modify "
                "cluster state. Please run this command on a manager node or promote the current "
                "node to a manager."
            ),
            NotAManagerError,
            ((("node1", "worker"),),),
        ),
        (
            ALL,
            503,
            (
                "This node is not a swarm manager. Manager is being prepared or has trouble "
                "connecting to the cluster."
            ),
            NotAManagerError,
            ((("node1", "preparing"),),),
        ),
        (
            ALL,
            503,
            (
                'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
                "to connect this node to swarm and try again."
            ),
            NotAManagerError,
            ((("node1", "inactive"),),),
        ),
        (
            ALL,
            503,
            "This node is not part of a swarm",
            NotAManagerError,
            ((("node1", "inactive"),),),
        ),
        (
            ALL,
            500,
            (
                f"{RPC}Unknown desc = The swarm does not have a leader. It's possible that too few "
                "managers are online. Make sure more than half of the managers are online."
            ),
            NoLeaderError,
            (),
        ),
        (
            ALL,
            500,
            f"{RPC}Unknown desc = raft: failed to process the request: node lost leader status",
            ConnectionLostError,
            (),
        ),
        (
            ALL,
            500,
            f"{RPC}DeadlineExceeded desc = context deadline exceeded",
            ConnectionLostError,
            (),
        ),
        (
            ALL,
            500,
            f"{RPC}Unavailable desc = transport is closing",
            ConnectionLostError,
            (),
        ),
        (
            ALL,
            500,
            f"{RPC}Unknown desc = update out of sequence",
            OutOfSequenceError,
            ("service", "web"),
        ),
        (
            ALL,
            400,
            (
                f"{RPC}InvalidArgument desc = port '8080' is already in use by service 'api' "
                "(x1y2) as an ingress port"
            ),
            PortTakenError,
            (8080, "api"),
        ),
        (
            ALL,
            400,
            (
                f"{RPC}InvalidArgument desc = port '8080' is already in use by service 'api' "
                "(x1y2) as a host-published port"
            ),
            PortTakenError,
            (8080, "api"),
        ),
        (
            ALL,
            409,
            (
                f"{RPC}AlreadyExists desc = name conflicts with an existing object: service web "
                "already exists"
            ),
            NameTakenError,
            ("service", "web"),
        ),
        (
            ALL,
            409,
            "network with name shop already exists",
            NameTakenError,
            ("network", "shop"),
        ),
        (ALL, 404, "service web not found", UnknownNameError, ("service", "web")),
        (ALL, 500, "network shop not found", UnknownNameError, ("network", "shop")),
        (
            ALL,
            400,
            f"{RPC}InvalidArgument desc = secret not found: key",
            UnknownNameError,
            ("secret", "key"),
        ),
    ],
)
def test_an_answer_that_refuses(
    versions: str, status: int, sentence: str, error: type[Exception], data: tuple[object, ...]
) -> None:
    raised = refusal("node1", status, sentence, WEB)
    assert type(raised) is error, versions
    assert tuple(vars(raised).values())[: len(data)] == data


@pytest.mark.parametrize(
    ("versions", "sentence"),
    [
        (
            "29.0 to 29.2",
            (
                "client version 1.41 is too old. Minimum supported API version is 1.44, please "
                "upgrade your client to a newer version"
            ),
        ),
        (
            "29.3 to 29.7",
            (
                "client version 1.39 is too old. Minimum supported API version is 1.40, please "
                "upgrade your client to a newer version"
            ),
        ),
        ("20.10", "client version 1.52 is too new. Maximum supported API version is 1.41"),
        ("28.5", "client version 1.52 is too new. Maximum supported API version is 1.51"),
    ],
)
def test_a_refused_version_of_the_api(versions: str, sentence: str) -> None:
    assert is_refused_version(sentence), versions


def test_no_other_sentence_is_a_refused_version() -> None:
    assert not is_refused_version("invalid reference format")
    assert not is_refused_version("the client version is too old")


TASK_ERRORS = (
    (ALL, "task: non-zero exit (3)", CauseKind.EXIT_CODE, "3"),
    (ALL, "task: non-zero exit (137)", CauseKind.KILLED, ""),
    (ALL, "task: non-zero exit (137): dockerexec: unhealthy container", CauseKind.UNHEALTHY, ""),
    ("20.10 to 29.5", f"No such image: {V2}", CauseKind.NOT_PULLED, V2.tagged),
    *(
        ("29.6 to 29.7", error, CauseKind.NOT_PULLED, V2.tagged)
        for error in (
            f'failed to resolve reference "{V2}": {V2}: not found',
            f'failed to do request: Head "http://{V2}": dial tcp: connect: connection refused',
            "failed to resolve reference: pulling from host shop failed with status code: 401",
            "manifest for shop/web:2.0 not found: manifest unknown: manifest unknown",
            (
                "pull access denied for shop/web, repository does not exist or may require 'docker "
                "login'"
            ),
            "unauthorized: authentication required",
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
            'Get "https://shop.example/v2/": dial tcp: lookup shop.example: no such host',
            (
                'Get "http://10.0.0.9:5000/v2/": net/http: request canceled while waiting for '
                "connection"
            ),
        )
    ),
    (
        "29.6 to 29.7",
        (
            "no matching manifest for linux/arm64/v8 in the manifest list entries: no match for "
            "platform in manifest: not found"
        ),
        CauseKind.OTHER_PLATFORM,
        "",
    ),
    (
        "29.6 to 29.7",
        'failed to resolve reference "shop/web:2.0": no match for platform in manifest: not found',
        CauseKind.OTHER_PLATFORM,
        "",
    ),
    (
        "20.10 to 27",
        (
            "image with reference shop/web:2.0 was found but does not match the specified "
            "platform: wanted linux/amd64, actual: linux/arm64/v8"
        ),
        CauseKind.OTHER_PLATFORM,
        "",
    ),
    (
        "28 to 29.7",
        (
            "image with reference shop/web:2.0 was found but its platform (linux/arm64) does not "
            "match the specified platform (linux/amd64)"
        ),
        CauseKind.OTHER_PLATFORM,
        "",
    ),
    (
        ALL,
        'invalid mount config for type "bind": bind source path does not exist: /srv/data',
        CauseKind.PATH_MISSING,
        "/srv/data",
    ),
    *(
        (
            "20.10 to 29.7",
            f"{SET_UP}{ENDPOINT}Bind for {address}:8222 failed: port is already allocated",
            CauseKind.PORT_TAKEN,
            "8222",
        )
        for address in ("0.0.0.0", "::", "fe80::1")
    ),
    *(
        (
            "20.10 to 27",
            f"{SET_UP}{ENDPOINT}Error starting userland proxy: listen {where}: bind: {IN_USE}",
            CauseKind.PORT_TAKEN,
            "8222",
        )
        for where in ("tcp4 0.0.0.0:8222", "tcp6 [::]:8222", "tcp6 [fd00::1]:8222")
    ),
    *(
        (
            "28",
            f"{SET_UP}{ENDPOINT}failed to bind host port {where}: {IN_USE}",
            CauseKind.PORT_TAKEN,
            "8222",
        )
        for where in (
            "for 0.0.0.0:8222:172.17.0.2:8080/tcp",
            "for [::]:8222:[fd00::2]:8080/tcp",
            "for [fd00::1]:8222:[fd00::2]:8080/tcp",
            "for :8222:172.17.0.2:8080/udp",
            "for 0.0.0.0:8222-8230:172.17.0.2:8080/tcp",
            "8222 for 0.0.0.0:8220-8230:172.17.0.2:8080/tcp",
        )
    ),
    *(
        (
            "29",
            f"{SET_UP}{ENDPOINT}failed to bind host port {where}: {IN_USE}",
            CauseKind.PORT_TAKEN,
            "8222",
        )
        for where in (
            "0.0.0.0:8222/tcp",
            "[::]:8222/tcp",
            "[::1]:8222/udp",
            "[fe80::1%eth0]:8222/sctp",
        )
    ),
    (
        ALL,
        "node is missing network attachments, ip addresses may be exhausted",
        CauseKind.NO_ADDRESS_ON_NODE,
        "",
    ),
    (
        ALL,
        (
            "starting container failed: failed to create task for container: failed to create shim "
            'task: OCI runtime create failed: runc create failed: exec: "nope": executable file '
            "not found in $PATH: unknown"
        ),
        CauseKind.PROGRAM_MISSING,
        "nope",
    ),
    (
        ALL,
        "no suitable node (insufficient resources on 2 nodes)",
        CauseKind.RESERVATION,
        "",
    ),
    (ALL, "no suitable node (unsupported platform on 1 node)", CauseKind.NO_BUILD, ""),
    (
        ALL,
        "no suitable node (scheduling constraints not satisfied on 3 nodes)",
        CauseKind.CONSTRAINTS,
        "",
    ),
    (ALL, "no suitable node (host-mode port already in use on 1 node)", CauseKind.HOST_PORT, ""),
    (ALL, "no suitable node (missing plugin on 3 nodes)", CauseKind.PLUGIN_MISSING, ""),
    (ALL, "no suitable node (max replicas per node limit exceed)", CauseKind.MOST_PER_NODE, ""),
    (
        "23 to 29.7",
        "no suitable node (cannot fulfill requested CSI volume mounts on 2 nodes)",
        CauseKind.VOLUME_OUT_OF_REACH,
        "",
    ),
    (ALL, "no suitable node (3 nodes not available for new tasks)", CauseKind.NODES_CLOSED, ""),
    (ALL, "no suitable node", CauseKind.NO_NODE, ""),
)


@pytest.mark.parametrize(("versions", "sentence", "kind", "value"), TASK_ERRORS)
def test_an_error_of_a_task(versions: str, sentence: str, kind: CauseKind, value: str) -> None:
    failed = task(1, "node2", "failed", "shutdown", error=sentence, image=V2)
    (finding,) = diagnose([failed], FOUR)
    assert (finding.cause.kind, finding.cause.value) == (kind, value), versions


def test_a_log_that_is_not_whole() -> None:
    sentence = (
        b"warning: incomplete log stream. some logs could not be retrieved for the following "
        b"reasons: node abc is not available, node def disconnected unexpectedly"
    )
    frame = bytes([SYSTEM_ERROR, 0, 0, 0]) + len(sentence).to_bytes(4, "big") + sentence
    assert parse(frame).silent == ("abc", "def"), ALL


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("x509: certificate has expired or is not yet valid: current time", EngineFault.EXPIRED),
        ("certificate (1 - n1) not valid after Mon, 02 Mar 2026", EngineFault.EXPIRED),
        ("remote error: tls: bad certificate", EngineFault.TLS),
        ("The swarm does not have a leader. It's possible that", EngineFault.NO_LEADER),
    ],
)
def test_why_an_engine_cannot_be_used(sentence: str, fault: EngineFault) -> None:
    assert engine_fault(sentence) is fault
