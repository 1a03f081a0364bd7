"""`swarmbot send` against a door that is unkind: what it says, how it ends, and that no line runs
twice."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.send import run
from tests.unit.ci_door import DROP, HALF, SILENCE, Answer, CiDoor

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bot" / "send.py"
LINE = ("service", "update", "--image", "shop/web:2", "web")
ENDINGS = {
    "failed": 1,
    "unknown": 1,
    "of a newer bot": 1,
    "withdrawn": 2,
    "expired": 2,
}
"""Those that the stories in memory do not tell."""
LOST = Answer(0, carried_out=True)


@pytest.fixture
def door() -> Iterator[CiDoor]:
    door = CiDoor().start()
    yield door
    door.stop()


def environment(door: CiDoor, **more: str) -> dict[str, str]:
    """That of a build: nothing of this machine but its PATH, and a proxy that leads nowhere."""
    nowhere = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    known = {"SWARMBOT_URL": door.url, "SWARMBOT_TOKEN": "swb_1_secret"}
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", **nowhere, **known, **more}


Send = Callable[..., subprocess.CompletedProcess[str]]
"""Runs it against a door with these arguments, in the environment of a build or another one."""


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Send:
    """Run it in this process, in the environment of a build."""

    def runs(
        door: CiDoor, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        variables = env or environment(door)
        capsys.readouterr()
        with monkeypatch.context() as of_the_build:
            for name in os.environ.keys() - {"PYTEST_CURRENT_TEST"}:
                of_the_build.delenv(name)
            for name, value in variables.items():
                of_the_build.setenv(name, value)
            try:
                status = run(list(arguments))
            except SystemExit as end:
                status = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, status, *capsys.readouterr())

    return runs


def as_a_program(
    door: CiDoor, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it as a build machine does: the file alone, isolated from everything around it."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *arguments],
        env=env or environment(door),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )


def posted(door: CiDoor) -> list[dict[str, str]]:
    return [body for method, _, body in door.asked if method == "POST"]


@pytest.mark.parametrize(("ending", "status"), ENDINGS.items())
def test_each_ending_has_its_status(door: CiDoor, ending: str, status: int, send: Send) -> None:
    door.tells("running", "web 1.0 → 2.0 · 1/4")
    door.ends(ending, "the end")

    done = send(door, *LINE)

    assert done.returncode == status, done.stderr
    assert done.stdout == "web 1.0 → 2.0 · 1/4\nthe end\n"
    assert f"{ending.replace('_', ' ')} (exit status {status})" in done.stderr


def test_the_line_arrives_as_the_shell_had_it(door: CiDoor, send: Send) -> None:
    door.ends("completed", "done")
    more = ("--link", "https://ci/418", "--build", "418", "--by", "ann@example.com")

    send(door, *more, "service", "update", "--label-add", "note=a 'b'", "--json", "web")
    send(door, "--", "ps", "--", "-x")
    send(door, "service ls --format json")

    assert posted(door) == [
        {
            "line": "service update --label-add 'note=a '\"'\"'b'\"'\"'' --json web",
            "link": "https://ci/418",
            "build": "418",
            "by": "ann@example.com",
        },
        {"line": "ps -- -x"},
        {"line": "service ls --format json"},
    ]


def test_lines_are_said_once_over_lost_connections_and_half_events(door: CiDoor) -> None:
    door.faults += [Answer(503, headers={"Retry-After": "0"}), LOST, Answer(429, {"title": "slow"})]
    door.tells("waiting", "web → 2.0\nwaits for lead")
    door.script += [DROP, HALF]
    door.tells("running", "web → 2.0\n1/4")
    door.script += [HALF]
    door.tells("running", "web → 2.0\n2/4")
    door.ends("completed", "web → 2.0\ncompleted")

    done = as_a_program(door, *LINE)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["web → 2.0", "waits for lead", "1/4", "2/4", "completed"]
    assert len(door.by_key) == 1, "one key for all tries"
    assert [last for method, path, last in door.asked if path.endswith("/events")] == [
        None,
        "1",
        "1",
        "2",
    ]


def test_json_lines_are_the_resources(door: CiDoor, send: Send) -> None:
    door.tells("running", "1/4")
    door.script.append(DROP)
    door.ends("rolled_back", "back on 1.0")

    done = send(door, "--json", *LINE)

    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [resource["state"] for resource in shown] == ["accepted", "running", "ended"]
    assert done.returncode == 1


def test_waiting_longer_than_the_timeout_says_how_to_withdraw(door: CiDoor, send: Send) -> None:
    door.tells("waiting", "web → 2.0 · waits for lead")
    door.script.append(SILENCE)

    done = send(door, "--timeout", "1", *LINE)

    assert done.returncode == 3
    assert f"DELETE {door.url}/v1/commands/c1 withdraws it" in done.stderr


def test_a_running_change_is_followed_beyond_the_timeout(door: CiDoor, send: Send) -> None:
    for told in ("1/4", "2/4", "3/4", "4/4"):
        door.tells("running", told)
        door.script.append(0.4)
    door.ends("completed", "done")

    assert send(door, "--timeout", "1", *LINE).returncode == 0


def test_a_bot_that_goes_away_for_good_is_not_reachable(door: CiDoor, send: Send) -> None:
    door.tells("running", "1/4")
    door.script.append(DROP)
    door.after_a_drop = [Answer(503, {"title": "Redis is away"})] * 50

    done = send(door, "--timeout", "1", *LINE)

    assert done.returncode == 4
    assert "not reachable for 1 s (Redis is away): the change goes on" in done.stderr
    assert done.stderr.count("trying again") == 1, "said once"


def test_a_token_that_ends_meanwhile_does_not_end_the_change(door: CiDoor, send: Send) -> None:
    door.tells("running", "1/4")
    door.script.append(DROP)
    door.after_a_drop = [Answer(401, {"title": "Unauthorized"})]

    done = send(door, *LINE)

    assert done.returncode == 2
    assert "Unauthorized: the change goes on; look into its channel" in done.stderr


def test_a_proxy_that_keeps_the_stream_back_hides_no_end(door: CiDoor, send: Send) -> None:
    door.tells("running", "1/4")
    door.script.append(DROP)
    door.ends("completed", "done")
    held_back = Answer(504, {"title": "Gateway Timeout"})
    door.after_a_drop = [held_back, held_back]

    done = send(door, *LINE)

    assert done.returncode == 0
    assert [path for _, path, _ in door.asked][-1] == "/v1/commands/c1"


def test_nobody_listens(door: CiDoor, send: Send) -> None:
    env = environment(door, SWARMBOT_URL="http://127.0.0.1:9")

    done = send(door, "--timeout", "1", *LINE, env=env)

    assert done.returncode == 4
    assert "Connection refused" in done.stderr
    assert "--idempotency-key" in done.stderr


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
def test_what_is_refused_is_said_and_not_tried_again(door: CiDoor, status: int, send: Send) -> None:
    door.ends("completed", "done")
    problem = {"title": "Not allowed", "detail": "jenkins-shop may not\x1b[2J change api"}
    door.faults.append(Answer(status, problem, {"Content-Type": "application/problem+json"}))

    done = send(door, "--json", *LINE)

    assert (done.returncode, len(door.asked)) == (2, 1)
    assert "Not allowed: jenkins-shop may not [2J change api" in done.stderr
    assert json.loads(done.stdout) == problem


def test_the_token_goes_nowhere_else_and_is_said_nowhere(door: CiDoor, send: Send) -> None:
    door.ends("completed", "done")
    other = CiDoor().start()
    door.faults.append(Answer(307, headers={"Location": other.url}))

    done = send(door, *LINE)
    bad = send(door, *LINE, env=environment(door, SWARMBOT_TOKEN="swb_1\r\nX: secret"))
    other.stop()

    assert done.returncode == 4
    assert f"redirected to {other.url}" in done.stderr
    assert other.asked == []
    assert bad.returncode == 2
    assert "secret" not in done.stderr + bad.stderr


def test_a_certificate_that_nobody_knows_gets_no_token(tmp_path: Path, send: Send) -> None:
    door = CiDoor()
    certificate = door.with_tls(tmp_path)
    door.start()
    door.ends("completed", "done")

    unknown = send(door, *LINE)
    before = list(door.asked)
    known = send(door, "--cacert", str(certificate), *LINE)
    door.stop()

    assert unknown.returncode == 4
    assert "the certificate is not trusted" in unknown.stderr
    assert before == []
    assert known.returncode == 0, known.stderr


def test_a_token_file_of_any_editor_is_read_anew(door: CiDoor, tmp_path: Path, send: Send) -> None:
    door.ends("completed", "done")
    file = tmp_path / "token"
    file.write_bytes(b"\xef\xbb\xbfswb_1_secret\r\n")
    env = environment(door, SWARMBOT_TOKEN="")

    assert send(door, "--token-file", str(file), *LINE, env=env).returncode == 0
    assert send(door, *LINE, env=env).returncode == 2
    assert send(door, "--token-file", str(tmp_path), *LINE, env=env).returncode == 2


def test_github_is_asked_for_a_token(door: CiDoor, send: Send) -> None:
    door.ends("completed", "done")
    github = CiDoor("asked for by the job").start()
    github.ends("completed", "")
    github.faults += [Answer(200, {"value": "swb_1_secret"})] * 2
    asks = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{github.url}/token?v=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "for-the-runner",
        "http_proxy": "",
        "HTTP_PROXY": "",
    }

    done = send(
        door, "--audience", "swarm bot", *LINE, env=environment(door, **asks, SWARMBOT_TOKEN="")
    )
    github.stop()

    assert done.returncode == 0, done.stderr
    assert [path for _, path, _ in github.asked] == ["/token?v=2&audience=swarm%20bot"] * 2


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_says_that_the_change_goes_on(
    door: CiDoor, number: signal.Signals, status: int
) -> None:
    door.tells("running", "1/4")
    door.script.append(SILENCE)
    # A shell lets what it starts in the background ignore Ctrl-C.
    heeding = ("env", "--default-signal=INT")
    process = subprocess.Popen(
        [*heeding, sys.executable, "-I", str(SCRIPT), *LINE],
        env=environment(door),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert door.heard.wait(20)
    assert process.stdout is not None
    assert process.stdout.readline() == "1/4\n"
    before = len(door.asked)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)

    assert process.returncode == status
    assert f"the change goes on; look into its channel, or at {door.url}/v1/commands/c1" in said
    assert "Traceback" not in said
    assert len(door.asked) == before


def test_lines_cannot_command_the_log_that_they_stand_in(door: CiDoor) -> None:
    door.ends("completed", "::add-path::/tmp\nok ##[set-env name=A]b\n\x1b]0;x\x07y\n\n")

    done = as_a_program(door, *LINE)

    assert done.stdout == "· ::add-path::/tmp\nok ## [set-env name=A]b\n ]0;x y\n"


def test_a_proxy_is_used_but_for_the_machine_itself(door: CiDoor, send: Send) -> None:
    door.ends("completed", "done")
    far = environment(door, SWARMBOT_URL="http://bot.example", http_proxy=door.url)

    done = send(door, *LINE, env=far)

    assert done.returncode == 0, done.stderr
    assert "without TLS" in done.stderr
    assert door.asked[0][1] == "http://bot.example/v1/commands"


def test_a_proxy_that_answers_for_the_bot_is_no_bot(door: CiDoor, send: Send) -> None:
    door.ends("completed", "done")
    door.faults += [Answer(200, {"hello": "world"})] * 20

    done = send(door, "--timeout", "1", *LINE)

    assert done.returncode == 4
    assert "no swarmbot" in done.stderr


def test_no_line_no_address_no_duration(door: CiDoor, send: Send) -> None:
    for arguments, env, said in (
        ((), None, "which line?"),
        (("--timeout", "soon", "ps"), None, "no duration"),
        (("ps",), environment(door, SWARMBOT_URL="bot:8090"), "SWARMBOT_URL"),
        (("ps",), environment(door, SWARMBOT_URL="file:///etc/passwd"), "SWARMBOT_URL"),
        (("--idempotency-key", "Schlüssel", "ps"), None, "printable ASCII"),
        (("--url", "https://127.0.0.1:9", "--cacert", "/nowhere", "ps"), None, "--cacert"),
    ):
        done = send(door, *arguments, env=env)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert door.asked == []


def test_the_file_needs_nothing_but_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert names - {"__future__"} <= set(sys.stdlib_module_names)


def test_the_command_hands_everything_over(door: CiDoor) -> None:
    door.ends("completed", "done")

    done = subprocess.run(
        [sys.executable, "-m", "bot", "send", "--build", "418", "ps", "--", "-x", "--build"],
        env=environment(door),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert posted(door) == [{"line": "ps -- -x --build", "build": "418"}]
    help_text = subprocess.run(
        [sys.executable, "-m", "bot", "send", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        timeout=30,
    ).stdout
    assert "exit status:" in help_text
