"""Calls of an engine as spans: by their route, and never by what they carry."""

from __future__ import annotations

from contextlib import AbstractContextManager

from bot import traces
from bot.spans import TraceSpan

_NO_NAMES = frozenset({"create", "init", "join", "leave", "unlock", "unlockkey", "update"})
"""Second parts of a path that name nothing."""


def route(path: str) -> str:
    """The path with `{id}` for what it names: `/services/web/update` is `/services/{id}/update`."""
    _, kind, *rest = path.split("/")
    if not rest or rest[0] in _NO_NAMES:
        return path
    verb = rest[-1] if len(rest) > 1 else ""
    return f"/{kind}/{{id}}" + (f"/{verb}" if verb else "")


def engine_call(method: str, path: str, engine: str) -> AbstractContextManager[TraceSpan]:
    """A call of the engine with this name, until its answer begins; a ping is none worth a
    span."""
    if path == "/_ping":
        return traces.unrecorded()
    named = route(path)
    return traces.call(
        f"{method} {named}",
        {"http.request.method": method, "url.template": named, "swarmbot.manager": engine},
        looks=method == "GET",
    )


def note_status(span: TraceSpan, method: str, status: int) -> None:
    """How the engine answered; a look that finds nothing has done what it was for."""
    span.note({"http.response.status_code": status})
    if status >= 400 and not (status == 404 and method == "GET"):
        span.fails(str(status))
