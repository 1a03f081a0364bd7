"""Credentials of registries: whose they are, and that what is read is whole and new."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.model import Image
from bot.model.registry_login import LoginFault, registry_host
from bot.settings import RegistrySettings
from bot.swarm.registries import helper
from bot.swarm.registries.credential import Credential
from bot.swarm.registries.credentials import RegistryCredentials

HOST = "reg.example:5000"


@dataclass
class Pause:
    """Time that does not pass; what happens in it can be told."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()


def by_password(file: Path, host: str = HOST, pause: Pause | None = None) -> RegistryCredentials:
    settings = RegistrySettings(host=host, username="robot", password_file=file)
    return RegistryCredentials([settings], pause or Pause())


def by_config(file: Path, content: object, host: str = HOST) -> RegistryCredentials:
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return RegistryCredentials([RegistrySettings(host=host, docker_config=file)], Pause())


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a credential helper named `test` on the PATH."""

    def write(script: str) -> Path:
        path = tmp_path / "docker-credential-test"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return path

    return write


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("", "docker.io"),
        ("docker.io", "docker.io"),
        ("Index.Docker.IO", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("REG.example:5000", "reg.example:5000"),
        ("http://reg.example:5000/v2/", "reg.example:5000"),
        ("reg.example:443", "reg.example"),
        ("docker.io.evil.example", "docker.io.evil.example"),
        ("localhost", "localhost"),
    ],
)
def test_a_registry_has_one_name(written: str, name: str) -> None:
    assert registry_host(written) == name


@pytest.mark.parametrize(
    ("configured", "image", "is_theirs"),
    [
        (HOST, "reg.example:5000/shop/web:1", True),
        (HOST, "REG.example:5000/shop/web:1", True),
        (HOST, "reg.example/shop/web:1", False),
        (HOST, "reg.example:5001/shop/web:1", False),
        (HOST, "shop/web:1", False),
        (HOST, "reg.example.evil.example:5000/shop/web:1", False),
        ("docker.io", "shop/web:1", True),
        ("docker.io", "web", True),
        ("index.docker.io", "docker.io/shop/web", True),
        ("docker.io", "REGISTRY/web", False),
        ("docker.io", "localhost/web", False),
        ("reg.example", "reg.example:443/web", True),
    ],
)
def test_credentials_go_to_their_own_registry_alone(
    tmp_path: Path, configured: str, image: str, is_theirs: bool
) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    credentials = by_password(file, configured)

    assert bool(credentials.for_image(Image.parse(image)).credential) is is_theirs


def test_a_service_without_an_image_gets_none(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret")

    assert by_password(file, "docker.io").for_image(Image("")).credential is None


def test_the_header_is_what_docker_sends(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("se?cret>\n")
    credential = by_password(file, "docker.io").of("")

    assert credential
    assert json.loads(base64.urlsafe_b64decode(credential.header)) == {
        "username": "robot",
        "password": "se?cret>",
        "serveraddress": "https://index.docker.io/v1/",
    }
    assert "se?cret" not in repr(credential)


def test_a_new_password_counts_at_the_next_look(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("morning")
    credentials = by_password(file)
    assert credentials.of(HOST) == Credential(HOST, "robot", "morning")

    other = tmp_path / "other"
    other.write_text("evening")
    other.replace(file)

    assert credentials.of(HOST) == Credential(HOST, "robot", "evening")


def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("")
    credentials = by_password(
        file,
        pause=Pause([lambda: file.write_text("half"), lambda: file.write_text("half and whole")]),
    )

    assert credentials.of(HOST) == Credential(HOST, "robot", "half and whole")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, LoginFault.NO_FILE),
        (b"", LoginFault.EMPTY),
        (b" \n", LoginFault.EMPTY),
        (b"\xff\xfe\xfa", LoginFault.NOT_TEXT),
        (b"x" * 300_000, LoginFault.TOO_LONG),
    ],
)
def test_a_file_that_gives_nothing_is_named(
    tmp_path: Path, content: bytes | None, fault: LoginFault
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    login = by_password(file).look(HOST)

    assert (login.credential, login.source.place, login.source.fault) == (None, str(file), fault)


def test_nothing_is_configured() -> None:
    credentials = RegistryCredentials([RegistrySettings(host="10.0.0.*:5000")])

    assert credentials.hosts == ()
    assert credentials.look("10.0.0.1:5000").source.place == ""


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"auths": {"https://reg.example:5000/v2/": {"auth": "cm9ib3Q6bW9ybmluZw=="}}},
            Credential(HOST, "robot", "morning"),
        ),
        (
            {"auths": {HOST: {"auth": "cm9ib3Q6bW9ybmluZw==", "identitytoken": "t0ken"}}},
            Credential(HOST, "<token>", "t0ken"),
        ),
        ({"auths": {"reg.example": {"auth": "cm9ib3Q6bW9ybmluZw=="}}}, LoginFault.NO_ENTRY),
        ({"auths": {HOST: {}}}, LoginFault.NO_ENTRY),
        ({"auths": {HOST: {"auth": "???"}}}, LoginFault.NO_ENTRY),
        ({"auths": [HOST]}, LoginFault.NO_ENTRY),
        ({"credHelpers": {HOST: "../../evil"}}, LoginFault.NO_HELPER),
        ({"credHelpers": {HOST: "is-nowhere"}}, LoginFault.NO_HELPER),
        ({"credsStore": "is-nowhere"}, LoginFault.NO_HELPER),
        ("[1]", LoginFault.NOT_JSON),
        ('{"auths": ', LoginFault.NOT_JSON),
    ],
)
def test_docker_s_own_file(
    tmp_path: Path, config: object, expected: Credential | LoginFault
) -> None:
    login = by_config(tmp_path / "config.json", config).look(HOST)

    assert (login.credential or login.source.fault) == expected


def test_a_helper_is_asked_by_docker_s_protocol(program: Callable[[str], Path]) -> None:
    program("""[ "$1" = get ] && printf '{"Username": "AWS", "Secret": "%s"}' "$(cat)" """)
    credentials = RegistryCredentials([RegistrySettings(host=HOST, helper="test")])

    assert credentials.of(HOST) == Credential(HOST, "AWS", HOST)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("cat >/dev/null; echo 'credentials not found in native keychain'; exit 1", "NO_ENTRY"),
        ("echo boom; exit 3", "HELPER_FAILED"),
        ("echo '{}'", "NO_ENTRY"),
        ("echo '{'", "NOT_JSON"),
        ("exec cat /dev/zero", "TOO_LONG"),
        ("exec sleep 60", "HELPER_SLOW"),
        ("exec >&-; exec sleep 60", "HELPER_SLOW"),
    ],
)
def test_a_helper_that_misbehaves_is_bounded(
    program: Callable[[str], Path], script: str, fault: str
) -> None:
    program(script)

    assert helper.ask("test", HOST, seconds=0.3) is LoginFault[fault]


def test_a_helper_does_not_get_the_bot_s_own_secrets(
    program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_BOT_TOKEN", "REDIS_URL", "SWARMBOT_KEY_FILE"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("AWS_PROFILE", "shop")
    program(
        """printf '{"Username": "u", "Secret": "%s"}' "$(env | grep -c =secret)$AWS_PROFILE" """
    )

    assert helper.ask("test", HOST) == Credential(HOST, "u", "0shop")


def test_one_command_asks_a_helper_once_and_the_next_one_again(
    program: Callable[[str], Path], tmp_path: Path
) -> None:
    program(
        f"""echo >>{tmp_path}/asked
printf '{{"Username": "u", "Secret": "%s"}}' "$(wc -l <{tmp_path}/asked)" """
    )
    now = [0.0]
    settings = RegistrySettings(host=HOST, helper="test")
    credentials = RegistryCredentials([settings], monotonic=lambda: now[0])

    assert [credentials.of(HOST), credentials.of(HOST)] == [Credential(HOST, "u", "1")] * 2
    now[0] = 6.0
    assert credentials.of(HOST) == Credential(HOST, "u", "2")


def test_this_machine_s_own_configuration_is_for_looks_and_for_who_asks(tmp_path: Path) -> None:
    own = tmp_path / "config.json"
    credentials = RegistryCredentials((), Pause(), own=own)
    assert credentials.look(HOST).source.place == ""

    own.write_text(json.dumps({"auths": {HOST: {"auth": "cm9ib3Q6bW9ybmluZw=="}}}))

    login = credentials.look(HOST)
    assert (login.own, login.source.place) == (True, str(own))
    assert login.header(with_own=False) == ""
    assert login.header(with_own=True) == Credential(HOST, "robot", "morning").header
    assert credentials.of("reg.example") is None
    assert credentials.hosts == ()
