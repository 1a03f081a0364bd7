"""What keeps the demo from starting is one clear sentence."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from playground.__main__ import cli
from playground.demo import MachineLacksError, NoSwarmError, PortTakenError, check_machine
from playground.errors import PlaygroundError

MANAGER = {"LocalNodeState": "active", "ControlAvailable": True}


@contextmanager
def engine(swarm: dict[str, object]) -> Iterator[str]:
    """Something that answers as an engine does that says this of its Swarm."""

    class Engine(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                {"ApiVersion": "1.41"}
                if self.path.endswith("/version")
                else {"Name": "box", "Swarm": swarm}
            )
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()


def refusal(*options: str) -> PlaygroundError:
    error = CliRunner().invoke(cli, ["demo", *options]).exception
    assert isinstance(error, PlaygroundError), error
    return error


def test_an_engine_that_does_not_answer(tmp_path: Path) -> None:
    refused = refusal("--engine", f"unix://{tmp_path}/docker.sock")
    assert isinstance(refused, NoSwarmError)
    assert str(refused).startswith(
        f"unix://{tmp_path}/docker.sock does not answer: name a manager of your Swarm"
    )


@pytest.mark.parametrize(
    ("swarm", "why"),
    [
        (
            {"LocalNodeState": "inactive", "ControlAvailable": False},
            "is no manager (its Swarm is inactive)",
        ),
        ({"LocalNodeState": "active", "ControlAvailable": False}, "is a worker"),
        (
            {"LocalNodeState": "locked", "ControlAvailable": False},
            "is no manager (its Swarm is locked)",
        ),
    ],
)
def test_an_engine_that_is_no_manager(swarm: dict[str, object], why: str) -> None:
    with engine(swarm) as url:
        assert why in str(refusal("--engine", url))


def test_a_port_that_is_taken() -> None:
    with engine(MANAGER) as url, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        refused = refusal("--engine", url, "--port", str(port))
    assert isinstance(refused, PortTakenError)
    assert str(refused) == (
        f"port {port} of this machine is taken: end what listens there, or choose another "
        "with --port"
    )


@pytest.mark.parametrize(
    ("user", "needed", "said"),
    [
        (
            0,
            ("no-such-program",),
            (
                "the demo needs no-such-program on this machine: `make machine` installs what "
                "is missing"
            ),
        ),
        (
            1000,
            (),
            (
                "the demo needs root on Linux, to make network namespaces and to run Docker "
                "engines in them"
            ),
        ),
    ],
)
def test_a_machine_that_lacks_something(user: int, needed: tuple[str, ...], said: str) -> None:
    with pytest.raises(MachineLacksError) as lacks:
        check_machine(user, needed)
    assert str(lacks.value) == said
