"""Begins to record traces, where the operator has named a collector."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot import traces
from bot.errors import InvalidSettingError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.otlp import OtlpRecorder

SETTING = "traces"
_LIBRARIES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def begun(settings: Settings, instance: str) -> OtlpRecorder | None:
    """Record from now on; None where no collector is named. `instance` is the name of this bot.

    Raises InvalidSettingError where the libraries for it are not installed, or where their own
    variables do not make sense.
    """
    if not settings.traces:
        return None
    if missing := missing_libraries():
        raise InvalidSettingError(SETTING, missing)
    from bot.otlp import otlp_recorder  # noqa: PLC0415 - it costs a tenth of a start

    try:
        recorder = otlp_recorder(settings, instance)
    except ValueError as error:
        raise InvalidSettingError("OTEL_…", str(error)) from None
    traces.record_with(recorder)
    return recorder


def problem(settings: Settings) -> str:
    """Why traces would not arrive; empty where they would."""
    if missing := missing_libraries():
        return missing
    from bot.otlp import refusal  # noqa: PLC0415 - as above

    return refusal(settings)


def missing_libraries() -> str:
    """What is not installed of what traces take; empty where nothing is missing."""
    try:
        missing = not all(map(find_spec, _LIBRARIES))
    except ModuleNotFoundError:
        missing = True
    return "traces take more packages: pip install 'swarmbot[traces]'" if missing else ""
