"""Sends spans to a collector by OpenTelemetry (OTLP over HTTP): the only module that knows that
library, and loaded only where a collector is named.

Nobody waits for the collector: spans wait for it in a queue, which drops what is too much, and what
goes wrong is one warning. Variables named `OTEL_…` mean what OpenTelemetry says, but for the
address, which is the setting `traces`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util.re import parse_env_headers

from bot import __version__
from bot.clock import start_thread, unix_nanoseconds
from bot.model.bounds import bounded
from bot.settings import Settings
from bot.spans import RecordedSpan, SpanEnd, SpanIds, SpanKind, SpanStart

log = logging.getLogger(__name__)

END_SECONDS = 2.0
"""For what is still to be sent when the bot ends."""
CHECK_SECONDS = 3.0
PATH = "/v1/traces"
_KINDS = {
    SpanKind.INTERNAL: trace.SpanKind.INTERNAL,
    SpanKind.SERVER: trace.SpanKind.SERVER,
    SpanKind.CLIENT: trace.SpanKind.CLIENT,
    SpanKind.CONSUMER: trace.SpanKind.CONSUMER,
}


class OtlpRecorder:
    """Records spans by OpenTelemetry's own SDK, with the sampler and the limits of its variables.

    `instance` is the name of this bot among all replicas; `processor` takes the spans.
    """

    def __init__(self, processor: SpanProcessor, instance: str) -> None:
        self._provider = TracerProvider(resource=_resource(instance), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("swarmbot", __version__)

    def now(self) -> int:
        """The time in Unix nanoseconds."""
        return unix_nanoseconds()

    def begin(self, start: SpanStart) -> RecordedSpan:
        """Begin a span, which lies in none of the library's own."""
        context = Context()
        if start.parent:
            above = trace.NonRecordingSpan(_context_of(start.parent))
            context = trace.set_span_in_context(above, context)
        return OtlpSpan(
            self._tracer.start_span(
                start.name,
                context,
                _KINDS[start.kind],
                links=[trace.Link(_context_of(ids)) for ids in start.links],
                start_time=start.at,
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def flush(self) -> bool:
        """Send what is there now; whether all was tried."""
        return self._provider.force_flush()

    def stop(self, seconds: float = END_SECONDS) -> None:
        """Send what is still to be sent, for so long at most."""
        start_thread("traces", self._provider.shutdown).join(seconds)


class OtlpSpan:
    """A span of the SDK's."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.ids = SpanIds(
            trace.format_trace_id(context.trace_id),
            trace.format_span_id(context.span_id),
            context.trace_flags.sampled,
        )

    def end(self, end: SpanEnd) -> None:
        """Its end."""
        self._span.update_name(end.name)
        self._span.set_attributes(end.attributes)
        if end.failed:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end(end.at)


class TellingExporter(SpanExporter):
    """Sends spans as another exporter does, and tells once that they do not arrive."""

    def __init__(self, exporter: SpanExporter, address: str, words: FirstWords) -> None:
        self._exporter = exporter
        self._address = address
        self._words = words
        self.lost = 0
        """Spans that did not arrive since the last that did."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; called by one thread."""
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self.lost:
                log.info("traces arrive at %s again; %d spans are lost", self._address, self.lost)
            self.lost = 0
        else:
            if not self.lost:
                why = self._words.taken()
                log.warning("traces do not arrive at %s: %s", self._address, why)
            self.lost += len(spans)
        self._words.taken()
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()


class FirstWords(logging.Handler):
    """What the library logs of itself, with each try anew; of that, the first is kept."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        # That spans are dropped is a consequence, and no reason.
        self.addFilter(logging.Filter("opentelemetry.exporter"))
        self._first = ""

    def listen(self) -> None:
        """From now on the library is heard by nobody else."""
        library = logging.getLogger("opentelemetry")
        library.handlers[:] = [self]
        library.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, where it is the first."""
        self._first = self._first or bounded(record.getMessage())

    def taken(self) -> str:
        """What was kept."""
        first, self._first = self._first, ""
        return first or "no reason is known"


def otlp_recorder(settings: Settings, instance: str) -> OtlpRecorder:
    """Sends to the collector of the settings; nothing is sent yet.

    Raises ValueError where variables of OpenTelemetry contradict each other.
    """
    words = FirstWords()
    address = address_of(settings.traces)
    exporter = TellingExporter(_exporter(settings, address), address, words)
    recorder = OtlpRecorder(BatchSpanProcessor(exporter), instance)
    # What it says of the variables until now is for the log.
    words.listen()
    return recorder


def refusal(settings: Settings) -> str:
    """Why the collector takes nothing, as far as one call tells; empty where it does."""
    words = FirstWords()
    words.listen()
    exporter = _exporter(settings, address_of(settings.traces), CHECK_SECONDS)
    return "" if exporter.export(()) is SpanExportResult.SUCCESS else words.taken()


def address_of(url: str) -> str:
    """Where a collector takes traces, by its base address or by that itself."""
    base = url.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


def _exporter(settings: Settings, address: str, seconds: float | None = None) -> OTLPSpanExporter:
    given = settings.otel_exporter_otlp_headers
    headers = parse_env_headers(given.get_secret_value(), liberal=True) if given else None
    return OTLPSpanExporter(address, headers=headers, timeout=seconds)


def _resource(instance: str) -> Resource:
    """What all spans have in common; what the operator's variables say of it counts more."""
    own = {
        "service.name": "swarmbot",
        "service.version": __version__,
        "service.instance.id": instance,
    }
    said = OTELResourceDetector().detect().attributes
    return Resource.create({name: value for name, value in own.items() if name not in said})


def _context_of(ids: SpanIds) -> trace.SpanContext:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if ids.sampled else trace.TraceFlags.DEFAULT)
    return trace.SpanContext(int(ids.trace, 16), int(ids.span, 16), ids.remote, flags)
