"""The Engine API of one engine, as raw JSON. The only module that knows paths and parameters.

docker-py's own calls are not used: they read specifications with defaults filled in and post these
back, which restarts every task, and they drop fields that they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, Literal
from urllib.parse import quote

from bot.errors import EngineRefusedError
from bot.model import Spec
from bot.model.cluster import EngineAddress
from bot.swarm.engine import json_lists
from bot.swarm.engine.answer_progress import AnswerProgress
from bot.swarm.engine.answers import members_of, object_in, words_in
from bot.swarm.engine.api_version import ApiVersion
from bot.swarm.engine.engine_call import engine_call, note_status
from bot.swarm.engine.fence import Fence, NoFence
from bot.swarm.engine.json_lists import ListReader
from bot.swarm.engine.parameters import Filters, auth_header, filtered, flag, path_part
from bot.swarm.engine.refusals import (
    NO_OBJECT,
    ConnectionLostError,
    NotReachedError,
    Target,
    is_refused_version,
    refusal,
)
from bot.swarm.engine.transport import Answer, DockerTransport, Stream, Transport

Json = dict[str, Any]


class Client:
    """One connection to one engine, for one thread.

    `timeout` in seconds limits each answer, and of a list the silence between two pieces, which are
    told to `progress`.

    Nothing is changed by it but behind a fence (`fenced_by`). `api_version` is what is spoken,
    shared by all connections to the engine; without it, the engine takes its newest.

    Every call raises `NotReachedError`, `ConnectionLostError`, or what `refusals.refusal` makes of
    the engine's answer.
    """

    def __init__(
        self,
        address: EngineAddress,
        api_version: ApiVersion | None = None,
        timeout: float = 10.0,
        transport: Transport | None = None,
    ) -> None:
        self.engine = address.name
        self.timeout = timeout
        self.progress = AnswerProgress()
        self._transport = transport or DockerTransport(address)
        self.api_version = api_version or ApiVersion()
        self._fence: Fence = NoFence()

    @property
    def version(self) -> str:
        """The API version that is spoken, such as "1.41"; empty before the engine was asked."""
        return self.api_version.spoken

    def fenced_by(self, fence: Fence) -> Client:
        """The same connection, which sends a change where `fence` is confirmed just before."""
        fenced = copy(self)
        fenced._fence = fence
        return fenced

    def close(self) -> None:
        """Give the connection back."""
        self._transport.close()

    # ---- the engine

    def ping(self) -> None:
        """Return when the engine answers, whatever its status."""
        self._send("GET", "/_ping", versioned=False)

    def negotiate(self) -> None:
        """Agree with the engine on the API version; NotReachedError where it is no engine."""
        try:
            versions = self._send("GET", "/version", versioned=False).json()
            newest, oldest = str(versions["ApiVersion"]), str(versions.get("MinAPIVersion", ""))
        except (EngineRefusedError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotReachedError("does not speak the Engine API") from error
        if not self.api_version.agree(newest, oldest):
            raise NotReachedError("does not speak the Engine API")

    def info(self) -> Json:
        """`GET /info`."""
        return self._json("/info")

    def events(self, filters: Filters, since: str = "") -> Stream:
        """The event stream, one JSON object a line; with `since`, it begins with remembered events.

        `since` is a Unix time in seconds. Reading raises `EngineSilentError` where nothing comes
        for `timeout` seconds.
        """
        params = {"filters": json.dumps(dict(filters))} | ({"since": since} if since else {})
        return Stream(self._send("GET", "/events", params=params, stream=True))

    # ---- services and tasks

    def services(self, reader: ListReader = json_lists.SERVICES) -> Iterator[Json]:
        """All services, as they come, with their counts of tasks and the fields that `reader`
        knows."""
        return self._members("/services", None, reader, status="true")

    def service(self, name: str) -> Json:
        """One service by id, name or the beginning of its id; without defaults."""
        return self._json(f"/services/{path_part(name)}", Target("service", name))

    def create_service(self, spec: Spec, auth: str = "") -> Json:
        """Create a service; `auth` is an `X-Registry-Auth` header."""
        target = Target("service", spec.get("Name", ""))
        return self._post("/services/create", spec, target, headers=auth_header(auth))

    def update_service(
        self, service: Json, spec: Spec, *, rollback: bool = False, auth: str = ""
    ) -> Json:
        """Post a whole specification against the version of `service`.

        With `rollback` the engine returns to its previous specification instead.
        """
        target = Target("service", service["Spec"]["Name"])
        params = {
            "version": service["Version"]["Index"],
            "registryAuthFrom": "previous-spec" if rollback else "spec",
        }
        if rollback:
            params["rollback"] = "previous"
        path = f"/services/{path_part(service['ID'])}/update"
        return self._post(path, spec, target, params=params, headers=auth_header(auth))

    def remove_service(self, service_id: str) -> None:
        """Remove a service and its tasks."""
        self._send("DELETE", f"/services/{path_part(service_id)}", Target("service", service_id))

    def tasks(self, filters: Filters | None = None) -> Iterator[Json]:
        """Tasks, by the engine's filters (`service`, `node`, `desired-state`, `_up-to-date`).

        They are read as they come, and have no other fields than those that are judged.
        """
        return self._members("/tasks", filters, json_lists.TASKS)

    def task(self, task_id: str) -> Json:
        """One task by its id."""
        return self._json(f"/tasks/{path_part(task_id)}", Target("task", task_id))

    def logs(
        self, kind: Literal["service", "task"], object_id: str, params: Mapping[str, Any]
    ) -> Iterator[bytes]:
        """The raw log stream, piece by piece as it comes."""
        path = f"/{kind}s/{path_part(object_id)}/logs"
        params = {"stdout": 1, "stderr": 1, **params}
        with Stream(
            self._send("GET", path, Target(kind, object_id), params=params, stream=True)
        ) as stream:
            yield from stream

    # ---- nodes

    def nodes(
        self, filters: Filters | None = None, reader: ListReader = json_lists.NODES
    ) -> list[Json]:
        """All nodes, by the engine's filters, with the fields that `reader` knows."""
        return list(self._members("/nodes", filters, reader))

    def node(self, node_id: str) -> Json:
        """One node by its id."""
        return self._json(f"/nodes/{path_part(node_id)}", Target("node", node_id))

    def update_node(self, node: Json, spec: Spec) -> None:
        """Post a whole specification against `node["Version"]`."""
        target = Target("node", node["Description"].get("Hostname") or node["ID"])
        self._post(
            f"/nodes/{path_part(node['ID'])}/update",
            spec,
            target,
            params={"version": node["Version"]["Index"]},
        )

    def remove_node(self, node_id: str, *, force: bool) -> None:
        """Remove a node; `force` skips the check that it is down."""
        self._send(
            "DELETE",
            f"/nodes/{path_part(node_id)}",
            Target("node", node_id),
            params={"force": flag(force)},
        )

    # ---- the Swarm

    def swarm(self) -> Json:
        """`GET /swarm`: contains both join tokens."""
        return self._json("/swarm")

    def update_swarm(self, swarm: Json, spec: Spec, rotate: Mapping[str, bool]) -> None:
        """Post the whole specification against `swarm["Version"]`.

        `rotate` has the engine's own parameter names, such as `rotateWorkerToken`.
        """
        params = {"version": swarm["Version"]["Index"]} | {
            name: flag(wanted) for name, wanted in rotate.items()
        }
        self._post("/swarm/update", spec, Target("swarm", "swarm"), params=params)

    def unlock_key(self) -> str:
        """The key that unlocks managers; empty where autolock is off."""
        return str(self._json("/swarm/unlockkey").get("UnlockKey") or "")

    def init(self, body: Json) -> str:
        """Found a Swarm with this engine as its first manager; returns the node's id."""
        return str(self._send("POST", "/swarm/init", json=body).json())

    def join(self, body: Json) -> None:
        """Let this engine join a Swarm."""
        self._send("POST", "/swarm/join", json=body)

    def leave(self, *, force: bool) -> None:
        """Let this engine leave its Swarm."""
        self._send("POST", "/swarm/leave", params={"force": flag(force)})

    def unlock(self, key: str) -> None:
        """Unlock this engine; may block for as long as it takes to find the other managers."""
        self._send("POST", "/swarm/unlock", json={"UnlockKey": key})

    # ---- networks, secrets, configs, images

    def networks(self, filters: Filters | None = None) -> list[Json]:
        """Networks that the engine knows."""
        return self._list("/networks", filters)

    def network(self, name: str) -> Json:
        """One network of the Swarm, also of those that every node brings (`host`, `bridge`)."""
        return object_in(
            self._send(
                "GET",
                f"/networks/{path_part(name)}",
                Target("network", name),
                params={"scope": "swarm"},
            )
        )

    def create_network(self, body: Json) -> Json:
        """Create a network."""
        return self._post("/networks/create", body, Target("network", body.get("Name", "")))

    def remove_network(self, network_id: str) -> None:
        """Remove a network."""
        self._send("DELETE", f"/networks/{path_part(network_id)}", Target("network", network_id))

    def stored(self, kind: Literal["secret", "config"]) -> list[Json]:
        """Secrets or configs."""
        return self._list(f"/{kind}s")

    def remove_stored(self, kind: str, object_id: str) -> None:
        """Remove a secret or a config."""
        self._send("DELETE", f"/{kind}s/{path_part(object_id)}", Target(kind, object_id))

    def distribution(self, image: str, auth: str = "") -> Json:
        """What the registry says of an image; the engine asks it."""
        path = f"/distribution/{quote(image, safe='/:@')}/json"
        return object_in(self._send("GET", path, headers=auth_header(auth)))

    def image(self, reference: str) -> Json:
        """An image that lies on this engine."""
        return self._json(f"/images/{reference}/json", Target("image", reference))

    def log_in(self, login: Mapping[str, str]) -> None:
        """Let the engine try a login (`AuthConfig`) at its registry; it keeps nothing of it.

        Raises EngineRefusedError, with status 401 where the registry refuses it.
        """
        self._send("POST", "/auth", changes=False, json=dict(login))

    # ---- transport

    def _json(self, path: str, target: Target = NO_OBJECT) -> Json:
        return object_in(self._send("GET", path, target))

    def _list(self, path: str, filters: Filters | None = None) -> list[Json]:
        return list(self._send("GET", path, params=filtered(filters)).json() or ())

    def _members(
        self, path: str, filters: Filters | None, reader: ListReader, **params: str
    ) -> Iterator[Json]:
        asked = self._send("GET", path, params=params | filtered(filters), stream=True)
        return members_of(asked, reader, self.progress)

    def _post(self, path: str, body: Spec, target: Target, **options: Any) -> Json:
        return object_in(self._send("POST", path, target, json=dict(body), **options))

    def _send(
        self,
        method: str,
        path: str,
        target: Target = NO_OBJECT,
        *,
        versioned: bool = True,
        **options: Any,
    ) -> Answer:
        asked_as = self.api_version.spoken if versioned else ""
        with engine_call(method, path, self.engine) as span:
            answer = self._answer(method, path, asked_as, **options)
            if asked_as and answer.status_code == 400 and is_refused_version(words_in(answer)):
                self._negotiate_anew()
                answer = self._answer(method, path, self.api_version.spoken, **options)
            note_status(span, method, answer.status_code)
        if answer.status_code >= 400:
            raise refusal(self.engine, answer.status_code, words_in(answer), target)
        return answer

    def _negotiate_anew(self) -> None:
        """The engine was up- or downgraded under the bot. It has done nothing of what it was asked
        for, whatever happens now."""
        try:
            self.negotiate()
        except ConnectionLostError as error:
            raise NotReachedError(error.reason) from error

    def _answer(
        self,
        method: str,
        path: str,
        asked_as: str,
        *,
        changes: bool = True,
        **options: Any,
    ) -> Answer:
        prefix = f"/v{asked_as}" if asked_as else ""
        if method != "GET" and changes:
            self._fence.confirm(self.timeout)
        answer = self._transport.send(method, prefix + path, self.timeout, **options)
        self.api_version.heard(answer.headers.get("Api-Version", ""))
        return answer
