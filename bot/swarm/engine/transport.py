"""Connections to an engine by docker-py: requests, streams, and what their errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Protocol

from docker import APIClient
from docker.errors import DockerException
from docker.tls import TLSConfig
from requests import Response
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException, SSLError
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from bot.clock import utc_now
from bot.model.bounds import bounded
from bot.model.cluster import EngineAddress
from bot.swarm.engine.api_version import NEWEST_TESTED
from bot.swarm.engine.refusals import ConnectionLostError, NotReachedError
from bot.swarm.engine.ssh import SCHEME, ssh_client
from bot.swarm.engine.unix_socket import keep_one_pool

CONNECT_SECONDS = 1.0
_NOT_SENT = (
    ConnectionRefusedError,
    FileNotFoundError,
    PermissionError,
    NotADirectoryError,
    BlockingIOError,
    NewConnectionError,
)


class Answer(Protocol):
    """What an engine answered, as `requests.Response` has it."""

    @property
    def status_code(self) -> int:
        """The status of HTTP."""
        ...

    @property
    def content(self) -> bytes:
        """The whole body."""
        ...

    @property
    def text(self) -> str:
        """The body as text."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by names in any case."""
        ...

    @property
    def raw(self) -> Any:
        """The connection below, which can be shut down from another thread."""
        ...

    def json(self) -> Any:
        """The body read as JSON; ValueError where it is none."""
        ...

    def iter_content(self, chunk_size: int | None) -> Iterator[bytes]:
        """The body piece by piece, as it comes."""
        ...

    def close(self) -> None:
        """Read no more of it."""
        ...


class Transport(Protocol):
    """The way to one engine; for one thread."""

    def send(self, method: str, path: str, timeout: float, **options: Any) -> Answer:
        """Send one request and return its answer, whatever its status.

        `options` are those of `requests`. Raises `NotReachedError` where nothing was sent, and
        `ConnectionLostError` where it was.
        """
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class DockerTransport:
    """The real way: docker-py's connections.

    A relay or a firewall on the way may end a connection that is kept, and say so to nobody: a read
    that is sent over it is sent once more over a new one. A change never is.
    """

    def __init__(self, address: EngineAddress) -> None:
        self._api = connect(address)
        self._keeps_one = False

    def send(self, method: str, path: str, timeout: float, **options: Any) -> Response:
        """Send one request and return its answer, whatever its status."""
        again, self._keeps_one = self._keeps_one and method == "GET", False
        try:
            answer = self._sent(method, path, timeout, **options)
        except _DroppedError:
            if not again:
                raise
            answer = self._sent(method, path, timeout, **options)
        self._keeps_one = True
        return answer

    def _sent(self, method: str, path: str, timeout: float, **options: Any) -> Response:
        try:
            return self._api.request(
                method, self._api.base_url + path, timeout=(CONNECT_SECONDS, timeout), **options
            )
        except (RequestException, DockerException, OSError) as error:
            raise failure(error) from error

    def close(self) -> None:
        """Give the connection back."""
        self._api.close()


class EngineSilentError(ConnectionLostError):
    """The connection stands, as far as one can tell, and nothing came in time."""


class _DroppedError(ConnectionLostError):
    """The connection ended before anything of the answer came."""


class Stream:
    """An answer that is read piece by piece as it comes. For one thread, but for `cut`.

    `most`: bytes of a piece; None where each is what the engine sent at once. Raises
    `ConnectionLostError` when the connection breaks, and `EngineSilentError` when nothing came in
    time.
    """

    def __init__(self, response: Answer, most: int | None = None) -> None:
        self._response = response
        self._most = most

    @property
    def began(self) -> float:
        """When the answer began, in Unix seconds by the engine's clock.

        It is this machine's clock where the answer has no `Date` header.
        """
        try:
            date = parsedate_to_datetime(self._response.headers["Date"])
        except (KeyError, ValueError):
            return utc_now().timestamp()
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._response.close()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_content(self._most)
        except RequestException as error:
            # What a timeout in the middle of an answer becomes.
            if any(isinstance(part, ReadTimeoutError) for part in error.args):
                raise EngineSilentError("nothing came in time") from error
            raise failure(error) from error

    def cut(self) -> None:
        """End the stream from another thread; a waiting reader stops waiting."""
        # Closing the answer would wait for the reader; the socket does not.
        with suppress(OSError, RuntimeError, ValueError):
            self._response.raw.shutdown()


def connect(address: EngineAddress) -> APIClient:
    """A connection to an engine, which is not yet made. Raises NotReachedError."""
    tls: TLSConfig | bool = False
    try:
        if address.tls:
            folder = address.tls.rstrip("/")
            tls = TLSConfig(
                client_cert=(f"{folder}/cert.pem", f"{folder}/key.pem"),
                ca_cert=f"{folder}/ca.pem",
                verify=True,
            )
        # Any version will do: paths are asked for with the one that was agreed on.
        is_ssh = address.url.startswith(f"{SCHEME}://")
        api = (
            ssh_client(address.url, NEWEST_TESTED)
            if is_ssh
            else APIClient(address.url, version=NEWEST_TESTED, tls=tls)
        )
    except (DockerException, OSError, ValueError) as error:
        raise NotReachedError(bounded(str(error))) from error
    keep_one_pool(api)
    # A proxy for the web is none for an engine, and would see what is sent.
    api.trust_env = False
    return api


def failure(error: Exception) -> NotReachedError | ConnectionLostError:
    """The domain error of a transport error: whether the request was sent or not."""
    reason = _reason(error)
    if isinstance(error, ConnectTimeout | SSLError | DockerException):
        return NotReachedError(reason)
    if isinstance(error, ReadTimeout):
        return ConnectionLostError("no answer in time")
    return NotReachedError(reason) if isinstance(_root(error), _NOT_SENT) else _DroppedError(reason)


def _root(error: BaseException) -> BaseException:
    """The innermost exception.

    requests and urllib3 wrap it several times, in `args`, `reason` or `__cause__`.
    """
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException) and inner is not error:
            return inner if isinstance(inner, _NOT_SENT) else _root(inner)
    return error


def _reason(error: BaseException) -> str:
    root = _root(error)
    if isinstance(error, ConnectTimeout):
        return "no connection within 1 s"
    return (
        (root.strerror if isinstance(root, OSError) else None) or str(root) or type(root).__name__
    )
