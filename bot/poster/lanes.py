"""The queues of all channels: each is made with its first call, and goes when it has been idle."""

from __future__ import annotations

import threading

from bot.poster.lane import Call, Lane, LaneContext


class Lanes:
    """A lane for each channel that something is sent to."""

    def __init__(self, context: LaneContext) -> None:
        self._context = context
        self._lanes: dict[str, Lane] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def put(self, key: str, call: Call) -> None:
        """Queue a call in the lane of this name; after `stop` it is dropped."""
        with self._lock:
            if self._stopped:
                self._context.on_event("dropped")
                call.dropped()
                return
            lane = self._lanes.setdefault(key, Lane(key, self._context, self._retire))
            lane.put(call)

    def busy(self) -> list[Lane]:
        """Those in which something waits."""
        return [lane for lane in self._all() if not lane.drained(0)]

    def send_due(self) -> None:
        """Make every call that is due now, where nobody started threads that would."""
        while sum([lane.send_due() for lane in self._all()]):
            pass

    def stop(self, timeout: float) -> None:
        """End the threads after their current calls; what waits is not sent."""
        self._stopped = True
        for lane in self._all():
            lane.stop(timeout)

    def _all(self) -> list[Lane]:
        with self._lock:
            return list(self._lanes.values())

    def _retire(self, lane: Lane) -> bool:
        with self._lock:
            idle = lane.end_if_idle()
            if idle:
                self._lanes.pop(lane.key, None)
            return idle
