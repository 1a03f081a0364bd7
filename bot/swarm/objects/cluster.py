"""The Swarm itself: its configuration, tokens and keys, and which engines belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import SecretStr

from bot.model import Node, Spec
from bot.model.cluster import ClusterInfo, EngineInfo, EngineState, JoinTokens
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import Call
from bot.swarm.engine.port import EnginePool
from bot.swarm.engine.retry import SpecChange, retry_on_conflict
from bot.swarm.health import quorum
from bot.swarm.spec import read_cluster
from bot.swarm.spec.edit import masked

MEMBERSHIP_SECONDS = 60.0
SWARM = "swarm"
"""The key under which changes of the Swarm itself exclude each other."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rotate:
    """Which secrets to replace with new ones along with an update."""

    worker_token: bool = False
    manager_token: bool = False
    unlock_key: bool = False


NO_ROTATION = Rotate()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Swarm as a whole. Every call raises what `EnginePool.call` raises.

    No answer of an engine is logged here: it may hold tokens.
    """

    engines: EnginePool

    def inspect(self) -> ClusterInfo:
        """The configuration, without tokens."""
        return read_cluster.cluster(self.engines.call(Client.swarm))

    def spec(self) -> Spec:
        """The specification as the engine has it; tokens and keys are no part of it."""
        spec: Spec = self.engines.call(Client.swarm)["Spec"]
        return spec

    def update(self, change: SpecChange, rotate: Rotate = NO_ROTATION) -> None:
        """Change the specification by `change`, and nothing else; `rotate` replaces tokens or keys.

        Raises OutOfSequenceError where others change it time and again, and EngineRefusedError.
        """
        flags = {
            "rotateWorkerToken": rotate.worker_token,
            "rotateManagerToken": rotate.manager_token,
            "rotateManagerUnlockKey": rotate.unlock_key,
        }

        def update(client: Client) -> None:
            raw = client.swarm()
            spec = deepcopy(raw["Spec"])
            change(spec)
            client.update_swarm(raw, spec, flags)

        retry_on_conflict(lambda: self.engines.call_write(update))

    def join_tokens(self) -> JoinTokens:
        """What an engine needs to join as worker or as manager."""
        tokens = self.engines.call(Client.swarm)["JoinTokens"]
        return JoinTokens(SecretStr(tokens["Worker"]), SecretStr(tokens["Manager"]))

    def unlock_key(self) -> SecretStr:
        """The key that unlocks managers; empty where autolock is off."""
        return SecretStr(self.engines.call(Client.unlock_key))

    def info(self, engine: str) -> EngineState:
        """What this engine says of itself. Raises UnknownNameError, NoEngineError."""
        return read_cluster.engine_state(engine, self.engines.on(engine).call(Client.info))

    def system(self, engine: str) -> EngineInfo:
        """The Swarm part of this engine's `docker system info`.

        Raises UnknownNameError, NoEngineError.
        """
        return read_cluster.engine_info(engine, self.engines.on(engine).call(Client.info))

    def document(self, engine: str) -> Mapping[str, Any]:
        """What this engine says of itself, with dots in place of what may be secret.

        Raises UnknownNameError, NoEngineError.
        """
        return masked(self.engines.on(engine).call(Client.info))

    def init(self, engine: str, body: dict[str, Any]) -> str:
        """Create a Swarm on this engine and return the node's id.

        `body` is the Engine API's JSON (`AdvertiseAddr`, `Spec`, …). Raises UnknownNameError,
        EngineRefusedError (503 where the engine is in a Swarm already), OutcomeUnknownError.
        """
        return self._on(engine, lambda client: client.init(body))

    def join(self, engine: str, remotes: tuple[str, ...], token: SecretStr, **options: str) -> None:
        """Let this engine join the Swarm of the managers at `remotes` (`host:port`).

        `options` are further fields of the Engine API, such as `AdvertiseAddr`. Raises
        UnknownNameError, EngineRefusedError, OutcomeUnknownError.
        """
        body = {"ListenAddr": "0.0.0.0:2377", "RemoteAddrs": list(remotes), **options}
        self._on(
            engine, lambda client: client.join({**body, "JoinToken": token.get_secret_value()})
        )

    def leave(self, engine: str, *, force: bool = False) -> None:
        """Let this engine leave its Swarm; `force` skips the protection of the quorum.

        Raises EngineRefusedError, OutcomeUnknownError.
        """
        self._on(engine, lambda client: client.leave(force=force))

    def unlock(self, engine: str, key: SecretStr) -> None:
        """Unlock this engine; it may take 10 seconds.

        Raises EngineRefusedError (401: wrong key; 409: not locked), OutcomeUnknownError.
        """
        self._on(engine, lambda client: client.unlock(key.get_secret_value()))

    def _on(self, engine: str, fn: Call[T]) -> T:
        return self.engines.on(engine).call_write(
            fn, deadline=MEMBERSHIP_SECONDS, check=Client.ping
        )


def keep(spec: dict[str, Any]) -> None:
    """The change that changes nothing: for what is only rotated."""


def manager_addresses(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Addresses of the managers, the leader's first, those that cannot be reached last."""
    managers = [node for node in nodes if node.manager and node.manager.address]
    ordered = sorted(
        managers,
        key=lambda node: (not quorum.reachable(node), not (node.manager and node.manager.leader)),
    )
    return tuple(node.manager.address for node in ordered if node.manager)
