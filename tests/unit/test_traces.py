"""What is recorded as a span, and what is counted or left alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from opentelemetry.trace import StatusCode

from bot import traces
from bot.log_ids import log_ids
from bot.spans import NO_SPAN, SLOW, PutOffError, SpanIds, SpanKind, ids_of
from bot.swarm.engine.engine_call import engine_call, note_status, route
from bot.workers import Workers
from jobs.scheduler import Job, Scheduler
from tests.recorded import Recorded, attributes, linked_traces, recorded, trace_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans() -> Iterator[Recorded]:
    with recorded() as spans:
        yield spans


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"00-{TRACE}-{SPAN}-01", SpanIds(TRACE, SPAN, sampled=True, remote=True)),
        (f"00-{TRACE}-{SPAN}-00", SpanIds(TRACE, SPAN, sampled=False, remote=True)),
        (f"00-{TRACE}-{SPAN}-ff", SpanIds(TRACE, SPAN, sampled=True, remote=True)),
        ("", None),
        (f"00-{TRACE}-{SPAN}", None),
        (f"01-{TRACE}-{SPAN}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE}-{SPAN}-01-more", None),
        (f"00-{TRACE}-{SPAN}-01\n", None),
    ],
)
def test_a_traceparent_is_read_as_w3c_writes_it(text: str, ids: SpanIds | None) -> None:
    assert ids_of(text) == ids


def test_ids_are_written_as_they_are_read() -> None:
    for text in (f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"):
        ids = ids_of(text)
        assert ids
        assert ids.traceparent == text


def test_without_a_recorder_there_are_none() -> None:
    with traces.span("request") as span, traces.call("GET /nodes") as call:
        assert span is call is traces.current() is NO_SPAN
        assert span.traceparent == ""
        assert log_ids() == {}


def test_what_is_done_inside_is_inside(spans: Recorded) -> None:
    with traces.span("request"), traces.span("change"), traces.call("lock"):
        pass

    assert spans.trees() == ["request\n  change\n    lock"]


def test_a_call_outside_of_everything_is_not_recorded(spans: Recorded) -> None:
    with traces.call("GET /events"):
        pass

    assert spans.names == []


def test_an_error_is_noted_by_its_name_alone(spans: Recorded) -> None:
    with pytest.raises(ValueError, match="hunter"), traces.span("request"):
        raise ValueError("hunter2")

    span = spans.span("request")
    assert span.status.status_code is StatusCode.ERROR
    assert attributes(span) == {"error.type": "ValueError"}
    assert not span.events
    assert "hunter" not in span.to_json()


def test_what_is_put_off_has_not_failed(spans: Recorded) -> None:
    with pytest.raises(PutOffError), traces.span("follow rollout"):
        raise PutOffError

    assert spans.span("follow rollout").status.status_code is StatusCode.UNSET


def test_whatever_is_noted_has_dots_where_it_looks_like_a_secret(spans: Recorded) -> None:
    with traces.span("request", {"line": "--password hunter2222", "empty": ""}) as span:
        span.note({"words": ("xoxb-1234567890-abcdef", "web"), "number": 3})

    noted = attributes(spans.span("request"))
    assert "hunter" not in noted["line"]
    assert "abcdef" not in noted["words"][0]
    assert noted["words"][1] == "web"
    assert noted["number"] == 3
    assert "empty" not in noted


def test_most_runs_of_a_job_are_not_recorded(spans: Recorded) -> None:
    with traces.occasion("job queue"), traces.call("GET /nodes", looks=True):
        pass

    assert spans.names == []


def test_an_occasion_is_recorded_with_what_happens_in_it(spans: Recorded) -> None:
    with traces.occasion("job queue"):
        for _ in range(3):
            with traces.call("GET /nodes", looks=True):
                pass
        with traces.call("slack chat.postMessage"):
            pass

    assert spans.trees() == ["job queue\n  slack chat.postMessage"]
    assert attributes(spans.span("job queue")) == {"swarmbot.counted_calls": 3}


def test_a_look_that_fails_is_recorded(spans: Recorded) -> None:
    with (
        traces.occasion("job queue"),
        pytest.raises(TimeoutError),
        traces.call("GET /nodes", looks=True),
    ):
        raise TimeoutError

    assert spans.trees() == ["job queue\n  GET /nodes"]
    assert spans.span("job queue").status.status_code is StatusCode.UNSET


def test_a_look_that_takes_long_is_recorded() -> None:
    with (
        recorded(seconds_a_look=SLOW / 1e9) as spans,
        traces.occasion("job queue"),
        traces.call("GET /nodes", looks=True),
    ):
        pass

    assert "GET /nodes" in spans.names


def test_an_occasion_that_fails_is_recorded(spans: Recorded) -> None:
    with pytest.raises(RuntimeError), traces.occasion("job queue"):
        raise RuntimeError

    assert attributes(spans.span("job queue")) == {"error.type": "RuntimeError"}


def test_what_begins_later_is_still_inside(spans: Recorded) -> None:
    """An envelope is acked before the pool has a thread for what it asks for."""
    with traces.occasion("slack slash_commands", kind=SpanKind.CONSUMER) as envelope:
        pass
    assert spans.names == []

    with traces.inside(envelope), traces.span("request"):
        pass

    assert spans.trees() == ["slack slash_commands\n  request"]
    ended, request = spans.span("slack slash_commands").end_time, spans.span("request").start_time
    assert ended
    assert request
    assert ended <= request


def test_threads_go_on_with_the_span_of_who_hands_them_work(spans: Recorded) -> None:
    def work() -> None:
        with traces.call("GET /services/{id}"):
            pass

    with Workers(2) as pool, traces.span("request"):
        pool.submit(work).result()
    with Workers(2) as pool:
        pool.submit(work).result()

    assert spans.trees() == ["request\n  GET /services/{id}"]


def test_a_line_of_the_log_has_the_ids_of_its_span(spans: Recorded) -> None:
    with traces.span("request") as span:
        ids = log_ids()
    assert span.ids
    assert ids == {"trace_id": span.ids.trace, "span_id": span.ids.span}
    assert log_ids() == {}


def test_what_led_to_it_is_linked_where_it_is_another_trace(spans: Recorded) -> None:
    with traces.span("first") as first:
        text = first.traceparent
        with traces.span("inside", links=(text, "none", "")):
            pass
    with traces.span("later", links=(text, "")):
        pass

    assert linked_traces(spans.span("later")) == [trace_of(spans.span("first"))]
    assert linked_traces(spans.span("inside")) == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/info", "/info"),
        ("/services", "/services"),
        ("/services/create", "/services/create"),
        ("/services/web", "/services/{id}"),
        ("/services/shop%2Fweb/update", "/services/{id}/update"),
        ("/tasks/abc/logs", "/tasks/{id}/logs"),
        ("/swarm", "/swarm"),
        ("/swarm/unlockkey", "/swarm/unlockkey"),
        ("/distribution/registry:5000/shop/web:2.0/json", "/distribution/{id}/json"),
        ("/images/shop/web:2.0/json", "/images/{id}/json"),
    ],
)
def test_a_call_is_named_by_its_route(path: str, wanted: str) -> None:
    assert route(path) == wanted


@pytest.mark.parametrize(
    ("method", "status", "failed"),
    [("GET", 200, False), ("GET", 404, False), ("POST", 404, True), ("GET", 503, True)],
)
def test_a_look_that_finds_nothing_has_not_failed(
    spans: Recorded, method: str, status: int, failed: bool
) -> None:
    with traces.span("request"), engine_call(method, "/services/web", "node1") as span:
        note_status(span, method, status)

    (call,) = spans.spans[1:]
    assert attributes(call)["http.response.status_code"] == status
    assert (call.status.status_code is StatusCode.ERROR) is failed


def test_a_ping_is_not_recorded(spans: Recorded) -> None:
    with traces.span("request"), engine_call("GET", "/_ping", "node1"):
        pass

    assert spans.names == ["request"]


def test_a_job_that_hangs_or_fails_is_recorded(spans: Recorded) -> None:
    let_go, cut_off, ended = threading.Event(), threading.Event(), threading.Event()

    def hangs() -> None:
        let_go.wait(10)
        ended.set()

    def fails() -> None:
        raise ValueError

    jobs = (
        Job("hanging", 3600, hangs, deadline=0.05),
        Job("failing", 3600, fails),
        Job("idle", 3600, lambda: None),
    )
    scheduler = Scheduler(jobs, on_cut_off=lambda _: cut_off.set())
    scheduler.start()
    assert cut_off.wait(10)
    let_go.set()
    assert ended.wait(10)
    scheduler.stop()
    spans.wait_for(2)

    assert attributes(spans.span("job hanging")) == {"error.type": "CutOff"}
    assert attributes(spans.span("job failing")) == {"error.type": "ValueError"}
    assert sorted(spans.names) == ["job failing", "job hanging"]


def test_off_nothing_of_the_library_is_loaded() -> None:
    """As `bot.__main__.run` does it, for the one library that would load it: that the bot itself
    does not is a contract of imports."""
    code = (
        "import sys\n"
        "from bot.left_out import left_out\n"
        "with left_out('opentelemetry'):\n"
        "    from bot.store.connection import connect\n"
        "from bot.settings import Settings\n"
        "from bot.tracing import begun\n"
        "assert begun(Settings(), 'bot1') is None\n"
        "parts = {name.split('.')[0] for name in sys.modules}\n"
        "print(parts & {'opentelemetry', 'google'})\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "set()\n"
