"""Environment and file: which counts where both speak, and that what is wrong is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import InvalidSettingError
from bot.settings import EngineSettings, RegistrySettings, Settings, load

WHOLE = """
channel = "C0123"
log_level = "debug"
approval_lifetime = "1h30m"
[[engines]]
name = "node1"
url = "unix:///var/run/docker.sock"
[[engines]]
name = "node2"
url = "tcp://10.0.0.2:2376"
tls = "/certs/node2"
[[roles]]
name = "operator"
users = ["U001"]
groups = ["S0OPS"]
[[roles]]
name = "lead"
users = ["U002"]
[[rules]]
commands = ["deploy", "service scale"]
services = ["web*"]
ask = ["operator"]
approve = ["lead"]
approvals = 2
over_replicas = 5
"""
REGISTRY = '[[registries]]\nhost = "reg.example"\n'


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty environment, in an empty folder."""
    for name in os.environ:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, name: str = "swarmbot.toml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


Write = Callable[..., Path]


def wrong() -> tuple[str, str]:
    with pytest.raises(InvalidSettingError) as caught:
        load()
    return caught.value.where, caught.value.problem


# ---- what is read


def test_nothing_given() -> None:
    settings = load()
    assert settings.managers == (EngineSettings(name="local", url="unix:///var/run/docker.sock"),)
    assert (settings.listen, settings.data) == (("127.0.0.1", 8090), Path("data"))
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.roles, settings.rules, settings.channel) == ((), (), "")
    assert settings.approval_lifetime == timedelta(minutes=30)
    assert settings.slack_app_token is None


def test_the_whole_file(file: Write) -> None:
    file(WHOLE)
    settings = load()
    assert (settings.channel, settings.log_level) == ("C0123", "debug")
    assert settings.approval_lifetime == timedelta(minutes=90)
    assert [engine.name for engine in settings.managers] == ["node1", "node2"]
    assert settings.engines[1].tls == "/certs/node2"
    (rule,) = settings.rules
    assert (rule.commands, rule.services, rule.ask) == (
        ("deploy", "service scale"),
        ("web*",),
        ("operator",),
    )
    assert (rule.approve, rule.approvals, rule.self_approval, rule.over_replicas) == (
        ("lead",),
        2,
        False,
        5,
    )
    assert settings.roles_of("U001") == {"operator"}
    assert settings.roles_of("U002", frozenset({"S0OPS", "S1"})) == {"operator", "lead"}
    assert settings.roles_of("U009") == frozenset()


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "REDIS_URL": "redis://redis/0",
        "SWARMBOT_DATA": "/var/lib/swarmbot",
        "SWARMBOT_HTTP": "0.0.0.0:80",
        "SWARMBOT_SERVICE": "s1",
        "DOCKER_HOST": "tcp://docker:2375",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.slack_bot_token
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.redis_url
    assert settings.redis_url.get_secret_value() == "redis://redis/0"
    assert settings.slack_app_token
    assert (settings.data, settings.listen) == (Path("/var/lib/swarmbot"), ("0.0.0.0", 80))
    assert settings.managers == (EngineSettings(name="local", url="tcp://docker:2375"),)
    assert settings.own_service == "s1"
    assert "xoxb-1" not in repr(settings)


CI_ROLES = '[[roles]]\nname = "ci"\nci = true\n[[roles]]\nname = "lead"\nusers = ["U1"]\n'


def ci_entry(**changed: str) -> str:
    """An entry of `[[ci]]` that is right, but for what is changed."""
    fields = {
        "name": '"github"',
        "issuer": '"https://token.actions.githubusercontent.com"',
        "audience": '"swarmbot"',
        "claims": '{ repository = "acme/shop", ref = "refs/heads/main" }',
        "role": '"ci"',
        "services": '["web*"]',
        **changed,
    }
    lines = "\n".join(f"{name} = {value}" for name, value in fields.items() if value)
    return f"[[ci]]\n{lines}\n"


OWNER = "expected a claim that says whose projects may come"
CI_MISTAKES = tuple(
    (CI_ROLES + text, where, problem)
    for text, where, problem in (
        (ci_entry(role='"cii"'), "ci.0.role", "no role named cii; did you mean ci?"),
        (ci_entry(role='"lead"'), "ci.0.role", "the role lead is for people: write ci = true"),
        (ci_entry(issuer='"http://ci.example.com"'), "ci.0.issuer", "expected an https:// URL"),
        (ci_entry(issuer='"ci.example.com"'), "ci.0.issuer", "expected an https:// URL"),
        (ci_entry(issuer='"https://ci.example.com/?a=1"'), "ci.0.issuer", "without a query"),
        (ci_entry(issuer='"https://me:pw@ci.example.com"'), "ci.0.issuer", "and a user"),
        (ci_entry(audience='""'), "ci.0.audience", "at least 1 character"),
        (ci_entry(audience=""), "ci.0.audience", "Field required"),
        (ci_entry(claims="{}"), "ci.0.claims", "at least 1 item"),
        (ci_entry(claims='{ ref = "refs/heads/main" }'), "ci.0", OWNER),
        (ci_entry(claims='{ repository = "*" }'), "ci.0", OWNER),
        (ci_entry(claims='{ repository = "*/shop" }'), "ci.0", OWNER),
        (ci_entry(claims='{ repository = "acme*" }'), "ci.0", OWNER),
        (ci_entry(claims='{ repository_id = "12?" }'), "ci.0", OWNER),
        (ci_entry(services="[]"), "ci.0.services", "at least 1 item"),
        (ci_entry(services='["web shop"]'), "ci.0.services.0", "match"),
        (ci_entry(services=""), "ci.0.services", "Field required"),
        (ci_entry(name='"git hub"'), "ci.0.name", "match"),
        (ci_entry(secret='"x"'), "ci.0.secret", "there is no such setting"),
        (ci_entry() + ci_entry(name='"GitHub"'), "ci", "two entries are named github"),
    )
)


@pytest.mark.parametrize(
    ("http", "host", "port"),
    [(":8090", "127.0.0.1", 8090), ("[::1]:8090", "::1", 8090), ("localhost:0", "localhost", 0)],
)
def test_where_http_listens(
    monkeypatch: pytest.MonkeyPatch, http: str, host: str, port: int
) -> None:
    monkeypatch.setenv("SWARMBOT_HTTP", http)
    assert load().listen == (host, port)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, file: Write) -> None:
    file(WHOLE)
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert (load().log_level, load().channel) == ("error", "C0123")


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch, file: Write) -> None:
    file(WHOLE)
    for name in (
        "LOG_LEVEL",
        "SLACK_APP_TOKEN",
        "SLACK_APP_TOKEN_FILE",
        "SWARMBOT_CONFIG",
        "SLACK_API_URL",
    ):
        monkeypatch.setenv(name, "")
    settings = load()
    assert (settings.log_level, settings.slack_app_token) == ("debug", None)
    assert settings.slack_api_url == "https://slack.com/api/"


@pytest.mark.parametrize(
    "name", ["ROLES", "RULES", "ENGINES", "CHANNEL", "COMMAND", "APPROVAL_LIFETIME"]
)
def test_variables_of_other_programs_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, file: Write, name: str
) -> None:
    file(WHOLE)
    monkeypatch.setenv(name, "stable")
    assert load() == load()
    assert load().channel == "C0123"


def test_another_file_by_its_name(monkeypatch: pytest.MonkeyPatch, file: Write) -> None:
    file('channel = "C1"')
    monkeypatch.setenv("SWARMBOT_CONFIG", str(file('channel = "C2"', "other.toml")))
    assert load().channel == "C2"


# ---- secrets from files


@pytest.mark.parametrize(
    "name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "REDIS_URL"]
)
def test_a_secret_from_a_file(monkeypatch: pytest.MonkeyPatch, file: Write, name: str) -> None:
    monkeypatch.setenv(f"{name}_FILE", str(file("  s3cret\n", "secret")))
    assert getattr(load(), name.lower()).get_secret_value() == "s3cret"
    monkeypatch.setenv(name, "straight")
    assert getattr(load(), name.lower()).get_secret_value() == "straight"


def test_a_secret_s_file_wins_over_the_configuration_file(
    monkeypatch: pytest.MonkeyPatch, file: Write
) -> None:
    file('redis_url = "redis://from-file"')
    monkeypatch.setenv("REDIS_URL_FILE", str(file("redis://from-secret", "secret")))
    redis = load().redis_url
    assert redis
    assert redis.get_secret_value() == "redis://from-secret"


def test_only_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, file: Write) -> None:
    monkeypatch.setenv("LOG_LEVEL_FILE", str(file("error", "level")))
    assert load().log_level == "info"


def test_a_secret_s_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(tmp_path / "none"))
    assert wrong() == (
        "SLACK_BOT_TOKEN_FILE",
        f"{tmp_path}/none cannot be read: No such file or directory",
    )
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfa")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(tmp_path / "binary"))
    assert wrong() == ("SLACK_BOT_TOKEN_FILE", f"{tmp_path}/binary is not text")
    (tmp_path / "empty").write_text(" \n")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(tmp_path / "empty"))
    assert wrong() == ("SLACK_BOT_TOKEN_FILE", f"{tmp_path}/empty is empty")


# ---- what is wrong is named


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ('chanel = "C1"', "chanel", "there is no such setting"),
        (
            '[[engines]]\nname = "a"\nurl = "unix:///s"\nport = 1',
            "engines.0.port",
            "there is no such setting",
        ),
        ('[[rules]]\nasks = ["x"]', "rules.0.asks", "there is no such setting"),
        ("channel = 5", "channel", "valid string"),
        (
            f'{REGISTRY}username = "robot"\npassword_file = "/p"\nhelper = "ecr-login"',
            "registries.0",
            "reg.example has password_file and helper: keep one",
        ),
        (
            f'{REGISTRY}username = "robot"',
            "registries.0",
            "the username of reg.example needs a password_file",
        ),
        (
            f'{REGISTRY}password_file = "/p"',
            "registries.0",
            "the password_file of reg.example needs a username",
        ),
        (f'{REGISTRY}helper = "../../bin/sh"', "registries.0.helper", "pattern"),
        (f'{REGISTRY}password = "clear"', "registries.0.password", "there is no such setting"),
        (
            '[[registries]]\nhost = "10.0.0.*:5000"\nhelper = "ecr-login"',
            "registries.0",
            "10.0.0.*:5000 is a pattern, and credentials are for exactly one registry",
        ),
        ('[[registries]]\nhost = "https://reg.example"', "registries.0", "write host[:port]"),
        (
            (
                '[[registries]]\nhost = "docker.io"\nhelper = "a"\n'
                '[[registries]]\nhost = "index.docker.io"\nhelper = "b"'
            ),
            "registries.1",
            "docker.io has credentials twice: keep one",
        ),
        ('engines = "node1"', "engines", "valid tuple"),
        ('[[engines]]\nname = "a"', "engines.0.url", "required"),
        ('[[engines]]\nname = "a"\nurl = "node1:2375"', "engines.0.url", "unix"),
        ('[[engines]]\nname = ""\nurl = "unix:///s"', "engines.0.name", "at least 1 character"),
        ('[[rules]]\napprovals = "many"', "rules.0.approvals", "valid integer"),
        ("[[rules]]\napprovals = 0", "rules.0.approvals", "greater than or equal to 1"),
        ("[[rules]]\nover_replicas = -1", "rules.0.over_replicas", "greater than or equal to 0"),
        ('approval_lifetime = "soon"', "approval_lifetime", "expected a duration with a unit"),
        ("approval_lifetime = 30", "approval_lifetime", "expected a duration with a unit"),
        ("approval_lifetime = [30]", "approval_lifetime", "valid timedelta"),
        ('approval_lifetime = "0s"', "approval_lifetime", "expected a duration above 0s"),
        ('log_level = "loud"', "log_level", "'debug', 'info', 'warning' or 'error'"),
        (
            (
                '[[engines]]\nname = "a"\nurl = "unix:///s"\n[[engines]]\nname = "a"\nurl = '
                '"unix:///t"'
            ),
            "engines",
            "two engines are named a",
        ),
        (
            (
                '[[roles]]\nname = "dev"\nusers = ["U1"]\n[[rules]]\nask = ["dev"]\n[[rules]]\n'
                'ask = ["lead"]'
            ),
            "rules.1",
            "there is no role named lead",
        ),
        ('[[roles]]\nname = "dev"', "roles.0", "nobody has the role dev"),
        (
            '[[roles]]\nname = "lead"\nusers = ["U1"]\n[[rules]]\nask = ["laed"]',
            "rules.0",
            "there is no role named laed; did you mean lead?",
        ),
        (
            '[[roles]]\nname = "dev"\nusers = ["U1"]\n[[rules]]\napprove = ["lead"]',
            "rules.0",
            "there is no role named lead",
        ),
        *CI_MISTAKES,
        ("channel =", "swarmbot.toml", "it is not TOML: Invalid value"),
        ('slack_signing_secret = ""', "slack_signing_secret", "it is empty"),
        ('slack_bot_token = "  "', "slack_bot_token", "it is empty"),
        ('slack_app_token = ""', "slack_app_token", "it is empty"),
        (
            '[[engines]]\nname = "a"\nurl = "http://node1:2376"\ntls = "/certs"',
            "engines",
            "would go in clear",
        ),
        (
            '[[engines]]\nname = "a"\nurl = "ssh://node1"\ntls = "/certs"',
            "engines",
            "would go in clear",
        ),
        (
            '[[engines]]\nname = "a"\nurl = "ssh://deploy:secret@node1"',
            "engines",
            "the url of a has a password: ssh takes keys",
        ),
        ('readiness_details = ["everybody"]', "readiness_details.0", "network"),
        (
            '[[registries]]\nhost = "docker.io"\nrequire_signature = "no.pem"',
            "registries.0",
            "there is no file no.pem",
        ),
        ('[images]\nhook_secret_file = "no"', "images.hook_secret_file", "there is no file no"),
        ('[images]\nrole = "auto"', "images.role", "no role that CI may have is named auto"),
        ('[images]\nlook_every = "1s"', "images.look_every", "greater than or equal to"),
    ],
)
def test_a_mistake_in_the_file(file: Write, text: str, where: str, problem: str) -> None:
    file(text)
    error = wrong()
    assert error[0] == where
    assert problem in error[1]


@pytest.mark.parametrize(
    "claims",
    [
        '{ repository = "acme/shop", ref = "refs/tags/*" }',
        '{ repository = "acme/*" }',
        '{ repository_owner_id = "1234" }',
        '{ sub = "repo:acme/shop:*" }',
    ],
)
def test_an_entry_of_ci(file: Write, claims: str) -> None:
    file(CI_ROLES + ci_entry(claims=claims))

    entry = load().ci[0]

    assert entry.name == "github"
    assert entry.services == ("web*",)


def test_an_issuer_of_ones_own_may_be_asked_in_clear_on_this_machine_alone(file: Write) -> None:
    file(CI_ROLES + ci_entry(issuer='"http://127.0.0.1:8080/a"', claims='{ a = "*" }'))

    assert load().ci[0].issuer == "http://127.0.0.1:8080/a"


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "swarmbot.toml").write_bytes(b"channel = '\xff'")
    assert wrong() == ("swarmbot.toml", "it is not UTF-8 text")


@pytest.mark.parametrize(
    ("name", "value", "where", "problem"),
    [
        ("SLACK_API_URL", "https://slack.com", "SLACK_API_URL", "it has to end in /api/"),
        ("SLACK_API_URL", "https://slack.com/api", "SLACK_API_URL", "it has to end in /api/"),
        ("SWARMBOT_HTTP", "8090", "SWARMBOT_HTTP", "match"),
        ("SWARMBOT_HTTP", "localhost:http", "SWARMBOT_HTTP", "match"),
        ("SWARMBOT_HTTP", "localhost:65536", "SWARMBOT_HTTP", "the port has to be at most 65535"),
        ("SWARMBOT_HTTP", "localhost:" + "9" * 5000, "SWARMBOT_HTTP", "match"),
        ("SWARMBOT_SLACK_HTTP", "localhost:70000", "SWARMBOT_SLACK_HTTP", "at most 65535"),
        ("LOG_LEVEL", "loud", "log_level", "'debug', 'info', 'warning' or 'error'"),
        ("SWARMBOT_CONFIG", "none.toml", "SWARMBOT_CONFIG", "there is no file none.toml"),
        ("SWARMBOT_CONFIG", ".", "SWARMBOT_CONFIG", "there is no file ."),
    ],
)
def test_a_mistake_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, where: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    error = wrong()
    assert error[0] == where
    assert problem in error[1]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), "channel", "C1")  # noqa: B010 - an assignment that the type checker refuses as well


def test_the_entry_that_names_a_registry_counts_before_patterns() -> None:
    key = Path("cosign.pub")
    settings = Settings(
        registries=(
            RegistrySettings(host="*", require_signature=key),
            RegistrySettings(host="10.0.0.1:5000", plain_http=True),
        )
    )

    known = settings.registry("10.0.0.1:5000")
    assert known
    assert known.plain_http
    assert settings.registry("docker.io") == settings.registries[0]


def test_what_asks_for_signatures_is_not_undone_by_another_entry() -> None:
    key = Path("cosign.pub")
    settings = Settings(
        registries=(
            RegistrySettings(host="docker.io"),
            RegistrySettings(host="*", require_signature=key),
        )
    )

    assert settings.signature_key("docker.io") == key
