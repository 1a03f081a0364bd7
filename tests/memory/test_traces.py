"""One request is one trace, from its line to Swarm and back to Slack."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from opentelemetry.trace import StatusCode, format_span_id, format_trace_id

from bot.model.pipeline_caller import CI_ID
from tests.memory.test_approvals import ONE, ROLES
from tests.memory.test_commands_api import DEPLOY, runs_freely, settles, two_bots
from tests.memory.test_log_ids import Log
from tests.memory.test_queue import busy, queues
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World
from tests.recorded import Recorded, attributes, linked_traces, recorded, trace_of

SECRET = "correct-horse-battery-staple-7"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
A_DEPLOY = """\
request deploy
  GET /version
  GET /services/{id}
  GET /nodes
  GET /distribution/{id}/json
  GET /images/{id}/json
  slack conversations.info
  lock
  change deploy
    GET /swarm
    POST /services/{id}/update
    GET /services/{id}
    follow rollout
    slack chat.postMessage
    slack chat.update
    slack chat.postMessage
    slack files.getUploadURLExternal
    slack files.completeUploadExternal"""


@pytest.fixture
def log(world: World) -> Iterator[Log]:
    log = Log()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)


@pytest.fixture
def traced(world: World) -> Iterator[Recorded]:
    with recorded() as spans:
        yield spans


def test_a_deploy_is_one_trace(dev: MemoryPerson, world: World, traced: Recorded) -> None:
    world.runs("web")

    dev.asks("deploy web shop/web:2.0", "✅ web")

    assert traced.trees() == [A_DEPLOY]
    request, change = traced.span("request deploy"), traced.span("change deploy")
    assert attributes(request) == {
        "swarmbot.command": "deploy",
        "swarmbot.outcome": "done",
        "swarmbot.services": ("web",),
        "swarmbot.targets": attributes(change)["swarmbot.targets"],
        "user.id": DEV,
    }
    assert attributes(change)["swarmbot.outcome"] == "done"
    assert attributes(traced.span("POST /services/{id}/update")) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "swarmbot.manager": "node1",
        "url.template": "/services/{id}/update",
    }
    assert {span.status.status_code for span in traced.spans} == {StatusCode.UNSET}


def test_the_looks_at_a_rollout_are_counted(
    dev: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web", replicas=5)

    dev.asks("deploy web shop/web:2.0 --delay 10s", "✅ web")

    followed = traced.span("follow rollout")
    assert attributes(followed)["swarmbot.counted_calls"] > 300
    assert len(traced.spans) < 25


def test_the_lines_of_the_log_lead_to_the_trace(
    dev: MemoryPerson, world: World, traced: Recorded, log: Log
) -> None:
    world.runs("web")

    dev.asks("scale web=3", "✅ web")

    change = traced.span("change service scale")
    ids = (log.event("done after")["trace_id"], log.event("done after")["span_id"])
    assert ids == (
        format_trace_id(change.context.trace_id),
        format_span_id(change.context.span_id),
    )


def test_a_refusal_is_no_failure(lead: MemoryPerson, world: World, traced: Recorded) -> None:
    world.runs("web")

    lead.asks("deploy nothing shop/web:2.0", "nothing")

    request = traced.span("request deploy")
    assert attributes(request)["swarmbot.outcome"] == "refused"
    assert attributes(request)["error.type"] == "UnknownName"
    assert request.status.status_code is StatusCode.UNSET


def test_a_deploy_that_is_rolled_back_has_failed(
    dev: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2)

    dev.asks("deploy web shop/web:broken", "↩️ web rolled back")

    for name in ("request deploy", "change deploy"):
        assert traced.span(name).status.status_code is StatusCode.ERROR
        assert attributes(traced.span(name))["error.type"] == "rolled back"


@pytest.mark.world(ROLES, ONE)
def test_what_was_approved_leads_back_to_who_asked(
    dev: MemoryPerson, lead: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web")
    dev.types("/swarm scale web=5")
    lead.clicks("Approve", on=lead.sees("🟡"))
    dev.sees("✅ web · replicas 2 → 5")

    asked, approved = traced.span("request service scale"), traced.span("approved request")
    assert trace_of(traced.span("change service scale")) == trace_of(approved)
    assert trace_of(approved) == trace_of(traced.span("request approve"))
    assert linked_traces(approved) == [trace_of(asked)]
    assert attributes(traced.span("request approve"))["user.id"] == LEAD
    assert attributes(approved)["user.id"] == DEV


def test_what_waited_in_line_leads_back_to_who_asked(
    dev: MemoryPerson, lead: MemoryPerson, world: World, traced: Recorded
) -> None:
    busy(dev, world)
    queues(lead, "deploy web shop/web:3.0")
    dev.sees("✅ web is on shop/web:2.0")
    dev.sees("✅ web is on shop/web:3.0")

    called = traced.all("request deploy")[-1]
    assert linked_traces(called) == [trace_of(traced.span("request queue"))]


def test_the_next_bot_leads_back_to_the_one_before(
    dev: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web")
    world.bot.crashes_after_its_change()
    dev.types("/swarm scale web=3")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)
    before = traced.span("POST /services/{id}/update")

    world.start_bot()
    dev.sees("✅ web")

    taken_over = traced.span("change service scale")
    assert attributes(taken_over)["swarmbot.taken_over"] is True
    assert attributes(taken_over)["swarmbot.outcome"] == "done"
    assert linked_traces(taken_over) == [trace_of(before)]
    assert trace_of(taken_over) != trace_of(before)


@runs_freely
def test_what_ci_sends_is_a_part_of_its_own_trace(
    dev: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web")
    ci = Pipeline.named(world.bot, "jenkins-shop")

    answer = ci.call("POST", "/v1/commands", json={"line": DEPLOY}, headers={"traceparent": CALLER})
    ci.ends(answer.json()["id"])
    dev.sees("✅ web")

    served, request = traced.span("POST /v1/commands"), traced.span("request deploy")
    assert served.parent
    assert format_span_id(served.parent.span_id) == CALLER.split("-")[2]
    assert {trace_of(span) for span in traced.spans} == {CALLER.split("-")[1]}
    assert request.parent == served.context
    assert request.parent
    assert not request.parent.is_remote
    assert str(attributes(request)["user.id"]).startswith(CI_ID)


@runs_freely
def test_a_caller_who_does_not_sample_is_not_recorded(
    dev: MemoryPerson, world: World, traced: Recorded, log: Log
) -> None:
    world.runs("web")
    ci = Pipeline.named(world.bot, "jenkins-shop")

    answer = ci.call(
        "POST", "/v1/commands", json={"line": DEPLOY}, headers={"traceparent": CALLER[:-1] + "0"}
    )
    ci.ends(answer.json()["id"])
    dev.sees("✅ web")

    assert traced.names == []
    assert "trace_id" not in log.event("done after")


@runs_freely
@pytest.mark.parametrize("traceparent", ["", "none", CALLER.replace("b7ad6b7169203331", "0" * 16)])
def test_what_ci_is_refused_is_no_failure(world: World, traced: Recorded, traceparent: str) -> None:
    ci = Pipeline.named(world.bot, "jenkins-shop")

    answer = ci.call(
        "POST", "/v1/commands", json={"line": "deploy"}, headers={"traceparent": traceparent}
    )

    assert answer.status_code == 400
    served = traced.span("POST /v1/commands")
    assert attributes(served)["http.response.status_code"] == 400
    assert served.parent is None
    assert served.status.status_code is StatusCode.UNSET


@two_bots
def test_a_command_of_ci_that_another_bot_begins_anew_leads_back(
    dev: MemoryPerson, world: World, traced: Recorded
) -> None:
    world.runs("web")
    ci = Pipeline.named(world.bots[0], "jenkins-shop")
    world.bots[0].crash()
    sent = ci.sends(DEPLOY)

    ci.at(world.bots[1]).ends(sent)
    settles(world)

    request = traced.span("request deploy")
    assert linked_traces(request) == [trace_of(traced.span("POST /v1/commands"))]


@pytest.mark.parametrize(
    "flags",
    [
        f"--env-add DB_PASSWORD={SECRET}",
        f"--args 'run --password {SECRET}'",
        f"--label-add shop.api-token={SECRET}",
        "--env-add MODE=" + SECRET,
    ],
)
def test_no_span_has_a_value_that_was_typed(
    dev: MemoryPerson, world: World, traced: Recorded, flags: str
) -> None:
    world.runs("web")

    dev.asks(f"docker service update {flags} web", "✅ web")

    everything = "\n".join(span.to_json() for span in traced.spans)
    assert "change service update" in everything
    assert SECRET not in everything
    assert SECRET[-12:] not in json.dumps([span.name for span in traced.spans])
