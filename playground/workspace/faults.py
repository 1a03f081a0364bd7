"""What can go wrong with Slack, as switches: for tests of how the app takes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol


class Link(Protocol):
    """The sockets to the app, as far as faults reach into them; callable from any thread."""

    def abort_all(self) -> None:
        """Cut every connection without a goodbye."""
        ...

    def disconnect_all(self, reason: str) -> None:
        """Send `disconnect` with a reason on every connection."""
        ...

    def silence_all(self, *, silent: bool) -> None:
        """Stop reading and writing on every connection, or go on."""
        ...


@dataclass(frozen=True)
class ApiFault:
    """How the Web API misbehaves: `kind` is `ratelimited`, `error` or `hang`.

    A fault ends at a time, or after a number of calls.
    """

    kind: str
    methods: tuple[str, ...] = ()
    until: float | None = None
    calls: int | None = None
    retry_after: int = 1
    status: int = 500
    after_effect: bool = False

    def concerns(self, method: str, now: float) -> bool:
        """Whether it hits this method now; `apps.connections.open` only when it is named."""
        named = method in self.methods if self.methods else method != "apps.connections.open"
        return (
            named
            and (self.until is None or now < self.until)
            and (self.calls is None or self.calls > 0)
        )


class Faults:
    """The switches for faults. Times are seconds from now.

    Empty `methods` mean all methods but `apps.connections.open`.
    """

    def __init__(self, clock: Callable[[], float], link: Link) -> None:
        self._clock = clock
        self._link = link
        self._api: list[ApiFault] = []
        self.duplicate_envelopes = False
        self.refuse_sockets = False
        self.too_many_sockets = False
        self.silent = False

    def rate_limit(
        self,
        retry_after: int = 1,
        *,
        seconds: float | None = None,
        calls: int | None = None,
        methods: tuple[str, ...] = (),
    ) -> None:
        """Answer 429 with `Retry-After`, for a time or for the next calls."""
        fault = ApiFault(
            "ratelimited", methods, self._until(seconds), calls, retry_after=retry_after
        )
        self._api.append(fault)

    def fail(
        self,
        status: int = 500,
        *,
        seconds: float | None = None,
        calls: int | None = None,
        methods: tuple[str, ...] = (),
        after_effect: bool = False,
    ) -> None:
        """Answer with a server error.

        With `after_effect`, the call does its work and only the answer is lost.
        """
        fault = ApiFault(
            "error", methods, self._until(seconds), calls, status=status, after_effect=after_effect
        )
        self._api.append(fault)

    def hang(self, seconds: float, *, methods: tuple[str, ...] = ()) -> None:
        """Answer nothing for `seconds`; calls that still wait then are done."""
        self._api.append(ApiFault("hang", methods, self._until(seconds)))

    def drop_connections(self) -> None:
        """Cut every socket now, as a broken network does."""
        self._link.abort_all()

    def refresh_requested(self) -> None:
        """Ask the app to connect again, as Slack does every few hours.

        The old connection closes soon.
        """
        self._link.disconnect_all("refresh_requested")

    def warn(self) -> None:
        """Say that the connection will end in ten seconds."""
        self._link.disconnect_all("warning")

    def silent_link(self, *, on: bool = True) -> None:
        """Leave sockets open, but neither read, answer pings nor send.

        This holds for later connections too.
        """
        self.silent = on
        self._link.silence_all(silent=on)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Slack is away: sockets are cut and refused, every method answers 503."""
        self.refuse_sockets = True
        fault = ApiFault("error", status=503)
        boot = replace(fault, methods=("apps.connections.open",))
        self._api += [fault, boot]
        self.drop_connections()
        try:
            yield
        finally:
            self.refuse_sockets = False
            self._api = [
                other_fault for other_fault in self._api if other_fault not in (fault, boot)
            ]

    def clear(self) -> None:
        """All is well again."""
        self._api.clear()
        self.duplicate_envelopes = False
        self.refuse_sockets = False
        self.too_many_sockets = False
        self.silent_link(on=False)

    def strike(self, method: str) -> ApiFault | None:
        """The fault that hits this call, if one does; counts it."""
        now = self._clock()
        for position, fault in enumerate(self._api):
            if fault.concerns(method, now):
                if fault.calls is not None:
                    self._api[position] = replace(fault, calls=fault.calls - 1)
                return fault
        return None

    def _until(self, seconds: float | None) -> float | None:
        return None if seconds is None else self._clock() + seconds
