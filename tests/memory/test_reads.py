"""What is only looked at, and who may do what."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, World

READERS = (Role(name="operator", users=(DEV,)),)
OPERATORS_READ = (PolicyRule(commands=("*",), ask=("operator",)),)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("status", ("Swarm", "3 managers")),
        ("services", ("web", "2/2")),
        ("service ls", ("web", "2/2")),
        ("service ps web", ("web.1", "web.2", "running")),
        ("service inspect web", ("web", "shop/web")),
        ("ps web", ("web.1",)),
        ("node ls", ("node1", "Leader", "node4")),
        ("node ps node1", ("web",)),
        ("node inspect node4", ("node4",)),
        ("network ls", ("ingress",)),
        ("stack ls", ("No stacks yet",)),
        ("secret ls", ("No secrets yet",)),
        ("locks", ("Nothing is being changed",)),
        ("holds", ("Nothing is held",)),
        ("approvals", ()),
        ("audit", ()),
        ("history web", ("1 revision",)),
        ("logs web", ()),
        ("help", ("what you can type",)),
        ("help deploy", ("--parallelism",)),
        ("info", ("Swarm of 4 nodes, 3 managers",)),
    ],
)
def test_a_read_answers_only_who_asked(
    dev: MemoryPerson, lead: MemoryPerson, world: World, line: str, parts: tuple[str, ...]
) -> None:
    world.runs("web")

    answer = dev.asks(line, parts[0] if parts else "")

    assert answer.ephemeral
    assert not answer.text.startswith("❌")
    assert all(part in answer.text for part in parts)
    assert not lead.messages()


def test_a_guest_may_look_and_not_touch(guest: MemoryPerson, world: World) -> None:
    world.runs("web")

    assert "web" in guest.asks("services").text
    assert "✋" in guest.asks("scale web=3").text
    assert "✋" in guest.asks("swarm join-token worker").text
    for line in ("deploy web shop/web:2.0", "deploy web shop/web:nowhere", "rollback web"):
        assert guest.asks(line, "You may not").ephemeral, "rights come before looks"

    assert world.replicas_of("web") == 2
    assert world.image_of("web") == "shop/web:1.0"


def test_a_click_is_judged_like_the_line(
    dev: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")

    clicked = guest.clicks("Roll back", on=guest.sees("✅ web is on"))

    assert guest.sees("You may not", after=clicked).ephemeral
    assert world.image_of("web") == "shop/web:2.0"


@pytest.mark.world((), ())
def test_without_roles_the_bot_only_reads_and_says_how_to_change_that(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")

    dev.asks("status", "Swarm is healthy")
    refusal = dev.asks("scale web=3")
    assert refusal.ephemeral
    for said in ("as long as no roles are configured", "[[roles]]", "swarmbot check"):
        assert said in refusal.text
    assert world.replicas_of("web") == 2


def test_help_shows_what_one_may_do(dev: MemoryPerson, guest: MemoryPerson, world: World) -> None:
    overview = dev.asks("help").text
    assert "deploy SERVICE" in overview
    assert " …" not in overview, "a sentence ends before its end"
    assert "ˋ" not in overview, "code is cut in its middle"
    listed = guest.asks("help", "what you can type").text
    assert "service ls" in listed
    assert "deploy SERVICE" not in listed


def test_the_home_tab_shows_a_rollout_and_its_button_works(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 9s")
    dev.sees("1/3")

    home = dev.opens_home()
    assert "🔵 web" in home.text
    clicked = dev.clicks("Roll back", on=home)

    dev.sees("turns back", after=clicked)
    dev.sees("↩️ web rolled back", channel="ops")


def test_a_form_asks_for_what_was_not_typed(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    dev.types("/swarm scale")
    dev.sees_modal("Scale")
    dev.submits({"service": "web", "replicas": "3"})

    dev.sees("✅ web · replicas 2 → 3")


def test_a_mistake_in_a_form_stands_at_its_field(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.runs("worker", replicas=0)
    dev.types("/swarm deploy")
    modal = dev.sees_modal("Deploy a service")
    assert dev.suggestions("service", "w") == ["web", "worker"]
    assert dev.suggestions("service", "ork") == ["worker"]

    refused = dev.submits({"service": "web", "image": "Not An Image", "delay": "20"})
    assert refused.open
    assert "image reference" in refused.errors["image"]
    assert "unit" in refused.errors["delay"]

    sent = dev.submits({"image": "shop/web:2.0", "delay": "1s", "reason": "a new look"})
    assert not sent.open
    assert modal == sent
    dev.sees("✅ web is on")
    assert world.image_of("web") == "shop/web:2.0"


def test_a_mention_in_a_thread_is_answered(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = dev.types("@swarmbot services")

    assert "web" in dev.sees("web", after=asked).text


def test_every_change_is_in_the_audit_with_its_end(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:bad", exits=3)
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    dev.asks("deploy web shop/web:bad", "↩️ web rolled back")
    dev.asks("scale web=5", "✅ web")

    told = dev.asks("audit --service web").text

    assert "rolled back" in told
    assert "2 → 5" in told
    assert not world.bot.store.audit.open_intents()
