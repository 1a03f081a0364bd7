"""What an operator gets beside the program: the app's manifest, an example configuration, pins,
compose file, image."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from slack_bolt import BoltRequest

from bot.__main__ import main
from bot.errors import InvalidSettingError
from bot.settings import CiSettings, EngineSettings, PolicyRule, Role, Settings, load
from bot.settings.sources import SECRETS
from bot.swarm.scheduler.local_data import PER_NODE, VOLUME_LABEL
from handlers.slack.check import OAUTH_SCOPES, check_slack
from handlers.slack.identity import Identity
from handlers.slack.listeners import SlackListeners, bolt, web_client
from handlers.slack.shortcuts import SHORTCUTS
from playground.workspace import MANIFEST_SCOPES, Workspace
from playground.workspace.model import MANIFEST_SHORTCUTS

ROOT = Path(__file__).parents[2]

EXTRA_SCOPES = {
    "im:history",  # lines in the bot's own direct messages
    "users:read.email",  # the author of a commit that CI passes
    "channels:read",  # whether a channel is shared with other workspaces
    "usergroups:read",  # only where roles name user groups
}
FILES = 3
"""The source, a wheel for amd64 and one for arm64."""
EVENT_SCOPES = {
    "app_mention": {"app_mentions:read"},
    "app_home_opened": set[str](),
    "message.im": {"im:history"},
}
FROM_ENVIRONMENT = {
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "slack_api_url",
    "redis_url",
    "data",
    "key_file",
    "own_service",
    "http",
    "slack_http",
    "docker_host",
    "otel_exporter_otlp_headers",
}


# ---- slack-manifest.yaml


@pytest.fixture
def manifest() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "slack-manifest.yaml").read_text()))


def refused(manifest: dict[str, Any]) -> list[str]:
    """Where Slack would refuse a manifest."""
    schema = json.loads((Path(__file__).parent / "schemas" / "slack-manifest.json").read_text())
    Draft202012Validator.check_schema(schema)
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(manifest)]


def printed(*words: str, **environment: str) -> Any:
    """What `swarmbot manifest` prints."""
    result = CliRunner().invoke(main, ["manifest", *words], env=environment)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_slack_takes_the_manifest(manifest: dict[str, Any]) -> None:
    assert refused(manifest) == []
    assert printed() == manifest, "the file is what the program prints"


def test_in_http_mode_slack_learns_every_address() -> None:
    manifest = printed("--http", "https://bot.example.com/")
    url = "https://bot.example.com/slack/events"

    assert refused(manifest) == []
    assert not manifest["settings"]["socket_mode_enabled"]
    assert manifest["features"]["slash_commands"][0]["url"] == url
    assert manifest["settings"]["event_subscriptions"]["request_url"] == url
    assert manifest["settings"]["interactivity"]["request_url"] == url
    assert manifest["settings"]["interactivity"]["message_menu_options_url"] == url
    assert printed("--http", url) == manifest
    assert CliRunner().invoke(main, ["manifest", "--http", "http://bot"]).exit_code == 2


def test_the_manifest_has_the_name_of_the_command_that_is_configured(tmp_path: Path) -> None:
    (tmp_path / "swarmbot.toml").write_text('command = "/swarm-prod"')
    manifest = printed(SWARMBOT_CONFIG=str(tmp_path / "swarmbot.toml"))

    assert refused(manifest) == []
    assert manifest["features"]["slash_commands"][0]["command"] == "/swarm-prod"
    assert manifest["display_information"]["name"] == "swarmbot-prod"


@pytest.mark.parametrize("command", ["swarm", "/Swarm", "/swarm prod", "/", f"/{'s' * 32}"])
def test_a_command_that_slack_does_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    (tmp_path / "swarmbot.toml").write_text(f'command = "{command}"')
    monkeypatch.setenv("SWARMBOT_CONFIG", str(tmp_path / "swarmbot.toml"))
    with pytest.raises(InvalidSettingError):
        load()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("display_information.name", "n" * 36),
        ("display_information.long_description", "too short"),
        ("display_information.background_color", "blue"),
        ("features.slash_commands.0.command", "swarm"),
        ("features.slash_commands.0.usage_hint", "h" * 1001),
        ("oauth_config.scopes.bot.0", "docker:write"),
        ("settings.event_subscriptions.bot_events.0", "app_mentioned"),
        ("settings.socket_mode", True),
        ("settings.socket_mode_enabled", False),
    ],
)
def test_the_schema_refuses_what_slack_refuses(
    manifest: dict[str, Any], path: str, value: object
) -> None:
    changed = copy.deepcopy(manifest)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = changed
    for step in way:
        place = place[step]
    place[last] = value

    assert refused(changed)


def test_the_app_gets_the_scopes_that_the_bot_needs_and_no_others(manifest: dict[str, Any]) -> None:
    granted = set(manifest["oauth_config"]["scopes"]["bot"])

    assert granted == {*OAUTH_SCOPES, *EXTRA_SCOPES}
    assert granted == set(MANIFEST_SCOPES), "the playground's workspace grants the same"


def test_the_app_has_the_shortcuts_that_the_bot_hears(manifest: dict[str, Any]) -> None:
    listed = manifest["features"]["shortcuts"]

    assert listed == [dict(shortcut) for shortcut in SHORTCUTS]
    assert {entry["name"]: entry["callback_id"] for entry in listed} == MANIFEST_SHORTCUTS


def test_with_these_scopes_the_check_finds_nothing_wrong_in_slack() -> None:
    with Workspace() as workspace:
        roles = (Role(name="operator", groups=("S0OPS",)),)
        settings = Settings(
            slack_app_token=workspace.app_token, channel=workspace.channel_id("ops"), roles=roles
        )
        findings = dict(check_slack(web_client(workspace.bot_token, workspace.api_url), settings))

    assert [subject.split(" (")[0] for subject in findings] == [
        "Slack bot token",
        "Slack scopes",
        "Slack app token",
        f"channel {settings.channel}",
        "file upload",
        "user group S0OPS",
    ]
    assert set(findings.values()) == {""}


def test_each_event_has_the_scope_that_it_needs_and_is_acked(manifest: dict[str, Any]) -> None:
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    granted = set(manifest["oauth_config"]["scopes"]["bot"])

    assert set(events) == set(EVENT_SCOPES)
    assert all(EVENT_SCOPES[event] <= granted for event in events)
    with Workspace() as workspace:
        assert {event: acked(event, workspace) for event in events} == dict.fromkeys(events, 200)


def acked(event: str, workspace: Workspace) -> int:
    """How the app answers an event; what is not answered with 200 Slack sends again, and in the end
    sends no more."""
    client = web_client(workspace.bot_token, workspace.api_url)
    app = bolt(client, Identity(client), None)
    parts: dict[str, Any] = {part.name: Idle() for part in fields(SlackListeners)}
    parts["command"] = "/swarm"
    SlackListeners(**parts).wire(app)
    inner = {
        "type": event.partition(".")[0],
        "user": "U1",
        "channel": "C1",
        "ts": "1.0",
        "text": "<@U0SWARMBOT> status",
        "tab": "home",
    }
    body = {"type": "event_callback", "team_id": "T1", "event_id": "E1", "event": inner}
    return int(app.dispatch(BoltRequest(body=body, mode="socket_mode")).status)


class Idle:
    """In place of everything behind the door: takes every call and does nothing."""

    def __getattr__(self, name: str) -> Idle:
        return self

    def __call__(self, *_: object, **__: object) -> Idle:
        return self


# ---- swarmbot.example.toml


def test_the_example_configuration_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMBOT_CONFIG", str(ROOT / "swarmbot.example.toml"))

    settings = load()

    assert len(settings.engines) == 2
    assert {name for rule in settings.rules for name in rule.ask} == {
        role.name for role in settings.roles
    }


def test_the_example_configuration_shows_every_setting() -> None:
    example = tomllib.loads((ROOT / "swarmbot.example.toml").read_text())

    assert set(example) == set(Settings.model_fields) - FROM_ENVIRONMENT
    assert shown(example["engines"]) == names(EngineSettings)
    assert shown(example["roles"]) == names(Role)
    assert shown(example["rules"]) == names(PolicyRule)
    assert shown(example["ci"]) == names(CiSettings)


def shown(tables: list[dict[str, Any]]) -> set[str]:
    return {name for table in tables for name in table}


def names(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


# ---- requirements*.txt


def pins(file: Path) -> Iterator[str]:
    """The requirements of a file, one with its hashes on each line."""
    text = re.sub(r"^\s*#.*$", "", file.read_text(), flags=re.MULTILINE)
    return (line for line in text.replace("\\\n", " ").splitlines() if line.strip())


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-image.txt", "requirements-dev.txt"]
)
def test_every_requirement_is_one_version_with_hashes_and_from_nowhere_else(name: str) -> None:
    pin = re.compile(
        r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==[\w.+!]+( ; [^#@]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )

    assert [line for line in pins(ROOT / name) if not pin.fullmatch(line)] == []
    assert "://" not in (ROOT / name).read_text()


def test_what_the_program_needs_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.match(r"[\w-]+", dependency).group() for dependency in project["dependencies"]}  # type: ignore[union-attr]
    pinned = {re.split(r"[=\[]", line)[0] for line in pins(ROOT / "requirements.txt")}

    assert needed <= pinned


def test_the_image_has_what_the_program_needs_in_the_same_versions_and_what_traces_take() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    program = set(pins(ROOT / "requirements.txt"))
    image = set(pins(ROOT / "requirements-image.txt"))
    more = {line.partition("==")[0] for line in image - program}

    assert program <= image
    assert {
        re.split(r"[>=]", wanted)[0] for wanted in project["optional-dependencies"]["traces"]
    } <= more
    assert not any(name.startswith("valkey") for name in more)


def test_what_is_compiled_is_pinned_for_other_processors_too() -> None:
    """`make wheels` asks the package index; this sees pins that were made for one machine."""
    hashes = {
        re.split(r"[=\[]", line)[0]: line.count("--hash=")
        for line in pins(ROOT / "requirements-image.txt")
    }
    compiled = {name: count for name, count in hashes.items() if is_compiled(name)}

    assert {"pydantic-core", "pillow", "cryptography", "protobuf"} <= set(compiled)
    too_few = {name for name, count in compiled.items() if count < FILES}
    assert too_few == set()


def is_compiled(name: str) -> bool:
    """Whether a wheel of the package is for one kind of machine."""
    try:
        wheel = distribution(name).read_text("WHEEL") or ""
    except PackageNotFoundError:
        return False
    return "Root-Is-Purelib: false" in wheel


# ---- Dockerfile and compose.yaml


def test_the_image_holds_every_package_of_the_program_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    include = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "packages"
    ]["find"]["include"]
    packages = {pattern.rstrip("*") for pattern in include}

    assert {
        line.split()[1] for line in lines if line.startswith("COPY") and "/app/" in line
    } == packages
    assert set((ROOT / ".dockerignore").read_text().split()) >= {
        f"!{path}" for path in (*packages, "requirements-image.txt")
    }
    assert [int(line.split()[1]) > 0 for line in lines if line.startswith("USER")] == [True]


@pytest.fixture
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text()))


def test_the_stack_is_a_bot_and_a_redis_that_forgets_nothing(compose: dict[str, Any]) -> None:
    redis = compose["services"]["redis"]

    assert compose["version"].startswith("3."), "docker stack deploy reads no other"
    assert set(compose["services"]) == {"bot", "redis"}
    assert " ".join(redis["command"]).startswith(
        "redis-server --appendonly yes --appendfsync always"
    )
    assert redis["volumes"] == ["redis:/data"]
    assert redis["secrets"] == ["redis_users"], "the hash of the password, and not the password"
    assert redis["networks"] == ["internal"]
    assert compose["networks"]["internal"] == {
        "internal": True,
        "driver_opts": {"encrypted": "true"},
    }
    assert "ports" not in redis
    assert all(
        service["deploy"]["resources"]["limits"]["memory"]
        for service in compose["services"].values()
    ), "what the doctor asks of others"
    assert compose["volumes"]["bot"]["labels"] == {VOLUME_LABEL: PER_NODE}
    deploy = compose["services"]["bot"]["deploy"]
    assert deploy["replicas"] == 2
    assert deploy["update_config"]["order"] == "start-first"
    assert redis["deploy"]["placement"]["constraints"], "its data lies on one node"


def test_the_stack_keeps_tokens_in_secrets_and_gives_the_bot_no_more_than_it_needs(
    compose: dict[str, Any],
) -> None:
    bot = compose["services"]["bot"]
    files = {name: value for name, value in bot["environment"].items() if name.endswith("_FILE")}

    by_default = {name: re.sub(r"^\$\{\w+-(.*)\}$", r"\1", value) for name, value in files.items()}
    assert by_default == {f"{name.upper()}_FILE": f"/run/secrets/{name}" for name in bot["secrets"]}
    given = {*bot["secrets"], *compose["services"]["redis"]["secrets"]}
    assert given == set(compose["secrets"])
    assert not {name.upper() for name in SECRETS} & set(bot["environment"])
    assert int(bot["user"].split(":")[0]) > 0
    assert not {"privileged", "cap_add", "ports"} & set(bot)
    assert bot["deploy"]["placement"]["constraints"] == ["node.role == manager"], (
        "there the engine's socket can change things"
    )


def test_every_secret_and_config_is_named_by_what_it_has_in_it(compose: dict[str, Any]) -> None:
    script = (ROOT / "deploy.sh").read_text()
    set_by_script = dict(re.findall(r"^([A-Z_]+)=\$\(version (\S+)\)$", script, re.MULTILINE))

    for entry in (*compose["secrets"].values(), *compose["configs"].values()):
        (variable,) = re.findall(r"^swarmbot_\w+\$\{([A-Z_]+):-1\}$", entry["name"])
        assert set_by_script.pop(variable) == entry["file"].removeprefix("./")
        assert re.search(rf"^export .*\b{variable}\b", script, re.MULTILINE)
    assert not set_by_script


def test_nothing_of_the_stack_can_write_to_its_root_or_gain_rights(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["user"].split(":")[0]) > 0
    assert "-perm /6000 -delete" in (ROOT / "Dockerfile").read_text()


def test_images_of_others_are_named_by_digest(compose: dict[str, Any]) -> None:
    bases = re.findall(r"^ARG BASE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    froms = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert set(froms) == {"${BASE}"}
    for image in (*bases, compose["services"]["redis"]["image"]):
        assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)


# ---- the version


def test_the_program_says_the_version_that_the_changelog_ends_with() -> None:
    newest = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )[0]

    said = CliRunner().invoke(main, ["--version"])

    assert (said.exit_code, said.output) == (0, f"swarmbot, version {newest}\n")
