"""Every number and every text that can be typed has a bound, and is refused beyond it at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from bot.command.line import parse
from bot.command.model import Command, Form
from bot.errors import SwarmbotError
from handlers.commands import TABLE

MODELS: list[type[Command] | type[Form]] = [
    *TABLE.commands,
    *(command.form for command in TABLE.commands if command.form),
]


def leaves(schema: Any, definitions: Any) -> Iterator[Any]:
    """Every type of a JSON schema that has no further types in it."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    parts = [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    parts += [schema["items"]] if isinstance(schema.get("items"), dict) else []
    if not parts:
        yield schema
    for part in parts:
        yield from leaves(part, definitions)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_bounded(model: type[Command] | type[Form]) -> None:
    assert model.model_config.get("str_max_length"), "texts have a length"
    schema = model.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        for leaf in leaves(field, schema.get("$defs", {})):
            if leaf.get("type") in ("integer", "number"):
                assert {"maximum", "exclusiveMaximum"} & set(leaf), f"{name} has no upper bound"
                assert {"minimum", "exclusiveMinimum"} & set(leaf), f"{name} has no lower bound"


HUGE = ("9" * 19, "9" * 3900, "1e60000000", "1e-60000000", "0." + "1" * 3900, "1/" + "9" * 3900)
LINES = (
    "service update --limit-cpu {} web",
    "service update --reserve-cpu {} web",
    "service update --limit-memory {} web",
    "service update --limit-pids {} web",
    "service update --replicas {} web",
    "service update --ulimit-add nofile={} web",
    "service update --generic-resource-add GPU={} web",
    "service update --publish-add {} web",
    "service update --publish-add published={},target=80 web",
    "service update --mount-add type=tmpfs,target=/t,tmpfs-size={} web",
    "service update --mount-add type=tmpfs,target=/t,tmpfs-mode={} web",
    "service update --secret-add source=s,target=t,uid={} web",
    "service update --health-retries {} web",
    "service update --health-interval {} web",
    "service update --update-parallelism {} web",
    "service update --update-max-failure-ratio {} web",
    "service update --update-delay {}h web",
    "service update --oom-score-adj {} web",
    "service update --timeout {} web",
    "service create --name web --replicas {} shop/web:1",
    "service create --name web --mode replicated-job --max-concurrent {} shop/web:1",
    "service scale web={}",
    "deploy web shop/web:2 --parallelism {}",
    "deploy web shop/web:2 --max-failure-ratio {}",
    "deploy web shop/web:2 --delay {}s",
    "rollback web --to {}",
    "service logs web --tail {}",
    "service logs web --since {}",
    "hold web reason --for {}d",
    "silence node4 --for {}d",
    "freeze reason --until {}",
    "audit --limit {}",
    "audit --since {}d",
    "swarm update --task-history-limit {}",
    "swarm update --cert-expiry {}h",
    "swarm update --snapshot-interval {}",
    "swarm update --dispatcher-heartbeat {}",
    "swarm init --default-addr-pool 10.0.0.0/{}",
    "swarm init --data-path-port {}",
    "swarm init --listen-addr 10.0.0.1:{}",
    "network create n --subnet 10.0.0.0/{}",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("number", HUGE, ids=lambda number: f"{number[:12]}({len(number)})")
def test_a_number_with_thousands_of_digits_is_answered_at_once(line: str, number: str) -> None:
    with suppress(SwarmbotError):
        parse(line.format(1), TABLE)  # the flags of a command are read from its model once
    begun = time.process_time()
    with suppress(SwarmbotError):
        parse(line.format(number), TABLE)
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize(
    "line",
    [
        "service update --limit-cpu 1e60000000 web",
        "service scale web=9999999999999999999",
        "service scale web=100001",
        "service create --name web --replicas 100001 shop/web:1",
        "service update --replicas 100001 web",
    ],
)
def test_what_no_swarm_can_run_is_refused_with_the_bound(line: str) -> None:
    with pytest.raises(SwarmbotError) as refused:
        parse(line, TABLE)
    assert "100000" in str(vars(refused.value)) or "CPUs" in str(vars(refused.value))
