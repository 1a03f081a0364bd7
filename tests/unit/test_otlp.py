"""Spans arrive at a collector as OpenTelemetry's protocol has it, and nobody waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from pydantic import SecretStr, ValidationError

from bot import traces, tracing
from bot.check import collector
from bot.errors import InvalidSettingError
from bot.otlp import OtlpRecorder, address_of
from bot.settings import Settings
from bot.settings.sources import environment_of_programs
from bot.spans import SpanKind

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """Takes traces over HTTP; `status` is what it answers."""

    daemon_threads = True

    def __init__(self, answers: Callable[[], None] = lambda: None) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.status = 200
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def resources(self) -> list[ResourceSpans]:
        return [part for _, _, request in self.requests for part in request.resource_spans]

    @property
    def spans(self) -> dict[str, SentSpan]:
        return {
            span.name: span
            for resource in self.resources
            for scope in resource.scope_spans
            for span in scope.spans
        }

    @property
    def resource(self) -> dict[str, str]:
        return {pair.key: pair.value.string_value for pair in self.resources[0].resource.attributes}


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = ExportTraceServiceRequest.FromString(body)
        self.server.requests.append((self.path, headers, sent))
        self.server.answers()
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        pass


@contextmanager
def listening(answers: Callable[[], None] = lambda: None) -> Iterator[Collector]:
    server = Collector(answers)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def there() -> Iterator[Collector]:
    with listening() as server:
        yield server


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    yield
    traces.record_with(None)


def begun(url: str, headers: SecretStr | None = None) -> OtlpRecorder:
    settings = Settings(traces=url, otel_exporter_otlp_headers=headers)
    recorder = tracing.begun(settings, "bot1")
    assert recorder
    return recorder


@pytest.fixture
def nowhere() -> str:
    """The address of a collector that is gone."""
    with listening() as server:
        return server.url


def test_a_collector_gets_the_spans(there: Collector) -> None:
    recorder = begun(there.url)
    with traces.served("POST /v1/commands", CALLER) as served:
        with (
            traces.span("request deploy", {"swarmbot.services": ("web", "api"), "user.id": "U1"}),
            traces.call("GET /nodes", {"http.response.status_code": 503}) as asked,
        ):
            asked.fails("503")
        assert served.ids
    with traces.occasion("slack events_api", kind=SpanKind.CONSUMER) as envelope:
        assert envelope.traceparent
    recorder.stop()

    ((path, headers, _),) = there.requests
    assert path == "/v1/traces"
    assert headers["content-type"] == "application/x-protobuf"
    door, request, call = (
        there.spans[name] for name in ("POST /v1/commands", "request deploy", "GET /nodes")
    )
    assert door.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert door.parent_span_id.hex() == "b7ad6b7169203331"
    assert request.parent_span_id == door.span_id
    assert call.parent_span_id == request.span_id
    assert {span.trace_id for span in (door, request, call)} == {door.trace_id}
    assert (door.kind, request.kind, call.kind) == (
        SentSpan.SPAN_KIND_SERVER,
        SentSpan.SPAN_KIND_INTERNAL,
        SentSpan.SPAN_KIND_CLIENT,
    )
    assert there.spans["slack events_api"].kind == SentSpan.SPAN_KIND_CONSUMER
    assert call.status.code == Status.STATUS_CODE_ERROR
    assert request.status.code == Status.STATUS_CODE_UNSET
    noted = {pair.key: pair.value for pair in request.attributes}
    assert noted["user.id"].string_value == "U1"
    assert [value.string_value for value in noted["swarmbot.services"].array_value.values] == [
        "web",
        "api",
    ]
    assert door.start_time_unix_nano <= request.start_time_unix_nano <= request.end_time_unix_nano
    assert there.resource["service.name"] == "swarmbot"
    assert there.resource["service.instance.id"] == "bot1"
    assert there.resource["service.version"]


def test_the_variables_of_opentelemetry_count(
    there: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "chatops")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")

    recorder = begun(there.url)
    with traces.span("request") as span:
        assert span.known_ids is None
    with traces.served("POST /v1/commands", CALLER):
        pass
    recorder.stop()

    assert list(there.spans) == ["POST /v1/commands"], "who calls has sampled it"
    assert there.resource["service.name"] == "chatops"
    assert there.resource["deployment.environment.name"] == "prod"


def test_variables_that_make_no_sense_are_said_in_words(
    there: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("opentelemetry").propagate = True
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "now_and_then")
    begun(there.url).stop()
    assert "now_and_then" in caplog.text

    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
    with pytest.raises(InvalidSettingError, match="max_queue_size"):
        begun(there.url)


def test_headers_come_from_a_secret(there: Collector) -> None:
    recorder = begun(there.url, SecretStr("api-key=s3cret,x-team=shop"))
    with traces.span("request"):
        pass
    recorder.stop()

    ((_, headers, _),) = there.requests
    assert headers["api-key"] == "s3cret"
    assert headers["x-team"] == "shop"


def test_programs_that_the_bot_starts_do_not_get_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret")

    assert "OTEL_EXPORTER_OTLP_HEADERS" not in environment_of_programs()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://otlp.example.com/otlp", "https://otlp.example.com/otlp/v1/traces"),
        ("http://collector:4318/v1/traces", "http://collector:4318/v1/traces"),
    ],
)
def test_the_address_is_that_of_the_collector_or_of_its_traces(url: str, address: str) -> None:
    assert address_of(Settings(traces=url).traces) == address


@pytest.mark.parametrize("url", ["collector:4318", "grpc://collector:4317", "http://me:key@host"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(traces=url)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]


def ends_within(recorder: OtlpRecorder, seconds: float) -> bool:
    began = time.monotonic()
    recorder.stop()
    return time.monotonic() - began < seconds


def test_a_collector_that_is_not_there_is_one_warning_and_delays_nothing(
    nowhere: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
    caplog.set_level(logging.INFO)

    began = time.monotonic()
    recorder = begun(nowhere)
    for _ in range(100):
        with traces.span("request"):
            pass
    assert time.monotonic() - began < 1.0
    assert ends_within(recorder, 3.0)

    (warning,) = warnings(caplog)
    assert warning.startswith(f"traces do not arrive at {nowhere}/v1/traces: ")


def test_a_collector_that_comes_back_is_told_of(
    there: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    caplog.set_level(logging.INFO)
    recorder = begun(there.url)

    there.status = 401
    for _ in range(3):
        with traces.span("refused"):
            pass
    assert recorder.flush()
    there.status = 200
    with traces.span("taken"):
        pass
    recorder.stop()

    lost, again = warnings(caplog)
    assert "401" in lost
    assert again == f"traces arrive at {there.url}/v1/traces again; 3 spans are lost"


def waits(event: threading.Event) -> None:
    event.wait(20)


def test_a_collector_that_hangs_does_not_keep_the_bot_from_its_end() -> None:
    let_go = threading.Event()
    with listening(lambda: waits(let_go)) as there:
        recorder = begun(there.url)
        with traces.span("request"):
            pass

        began = time.monotonic()
        recorder.stop(0.2)
        assert time.monotonic() - began < 2.0
        let_go.set()


def test_check_says_whether_the_collector_takes_traces(there: Collector, nowhere: str) -> None:
    assert list(collector(Settings())) == []
    assert list(collector(Settings(traces=there.url))) == [(f"traces to {there.url}", "")]
    there.status = 403
    ((_, refused),) = collector(Settings(traces=there.url))
    assert "403" in refused
    ((_, gone),) = collector(Settings(traces=nowhere))
    assert "refused" in gone
