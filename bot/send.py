"""`swarmbot send`: CI hands the bot a line that people may type, shows how it goes, and ends with
the status that tells a pipeline what became of it.

This file imports nothing of the bot and needs Python 3.9 alone, so that a build machine runs it
without installing anything: `python3 send.py service update --image shop/web:2 web`.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import secrets
import shlex
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

FAILED, REFUSED, STILL_WAITS, NOT_REACHABLE, SUPERSEDED = 1, 2, 3, 4, 5
STATUS = {"completed": 0, "nothing_to_change": 0, "superseded": SUPERSEDED}
STATUS |= dict.fromkeys(("refused", "rejected", "withdrawn", "expired"), REFUSED)
"""The exit status of each ending; whatever else there is has failed."""

WAITING = ("accepted", "waiting")
FIRST_ANSWER_WITHIN, ANSWER_WITHIN, SILENCE = 120.0, 30.0, 45.0
"""Seconds. The bot sends a comment every 15 s: a stream that is silent for longer is dead."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE_ASKED = 0.25, 10.0, 60.0
MOST_BYTES = 4_000_000
"""An answer or an event that is larger does not come from the bot."""
ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s#]*)?", re.IGNORECASE)
TOKEN = re.compile(r"[!-~]+")
TIME = re.compile(r"(\d{1,6})([smh]?)")
KEY = re.compile(r"[ -~]{1,128}")
LOOPBACK = re.compile(r"https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(/|$)", re.IGNORECASE)

DESCRIPTION = """\
Send the bot a line that people may type, such as `service update --image shop/web:2 web`, and wait
for its end. Options of send stand before the line; what follows belongs to the line as it is."""
OPTIONS = {
    "--link": ("URL", "address of the build, linked below the message"),
    "--build": ("TEXT", "what the build is called, such as 418"),
    "--by": ("WHO", "whose commit it is: an e-mail address or a name"),
    "--url": ("URL", "in place of SWARMBOT_URL"),
    "--token-file": ("FILE", "in place of SWARMBOT_TOKEN; read anew for each request"),
    "--audience": ("TEXT", "of the token that GitHub gives (default: the bot's address)"),
    "--cacert": ("FILE", "certificate authority (PEM) to trust in place of the system's"),
}
EPILOG = """\
environment:
  SWARMBOT_URL    where the bot listens, such as https://swarmbot.example.com
  SWARMBOT_TOKEN  what `swarmbot token create` printed, or an OIDC token; in GitHub Actions with
                  `permissions: id-token: write` none is needed, for send asks GitHub for one

exit status:
  0  completed, or nothing to change
  1  failed, rolled back, paused, or nobody knows
  2  refused, rejected, withdrawn, expired, or no line that the bot reads
  3  still waiting when --timeout was over
  4  the bot was not reachable
  5  superseded by a newer change
  130 or 143 after Ctrl-C or SIGTERM: nothing more is asked, and the change goes on"""


class NotAnsweredError(Exception):
    """There was no answer that counts; asking again, after `pause` seconds or more, may help."""

    def __init__(self, reason: object, pause: float = 0.0) -> None:
        super().__init__(str(reason) or type(reason).__name__)
        self.pause = min(pause, LONGEST_PAUSE_ASKED)


class SendEndsError(Exception):
    """Nothing more is asked. `problem` is the bot's document about it, where there is one."""

    def __init__(self, status: int, text: str, problem: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.status, self.problem = status, problem


class Sending:
    """One line on its way, from the request to its end."""

    def __init__(self, options: argparse.Namespace, line: str) -> None:
        self._options, self._url = options, options.url.strip().rstrip("/")
        self._key = options.idempotency_key or secrets.token_hex(16)
        given = {"link": options.link, "build": options.build, "by": options.by}
        self._body = {"line": line, **{name: value for name, value in given.items() if value}}
        self._begun = self._answered = time.monotonic()
        self._failures, self._last_id = 0, ""
        self._command: dict[str, Any] = {}
        self._lines: list[str] = []
        self._opener = urllib.request.OpenerDirector()
        self._end = threading.RLock()

    def run(self) -> int:
        """Send the line and follow it; the exit status. Raises SendEndsError."""
        if not ADDRESS.fullmatch(self._url):
            raise SendEndsError(REFUSED, "SWARMBOT_URL or --url is no http(s)://HOST[:PORT][/PATH]")
        if self._url.lower().startswith("http:") and not LOOPBACK.match(self._url):
            _remark("the token travels without TLS")
        self._opener = _opener(self._url, self._options.cacert)
        while not self._command:
            self._asks()
        _remark(f"accepted as {self._command['id']}, asked by {self._command.get('asked_by')}")
        while self._command["state"] != "ended":
            self._follows()
        ending = str(self._command.get("ending"))
        status = STATUS.get(ending, FAILED)
        self._end.acquire()
        _remark(f"{ending.replace('_', ' ')} (exit status {status})")
        return status

    def gives_up(self, why: SendEndsError) -> int:
        """Say why nothing more is asked; the exit status."""
        self._end.acquire()
        if self._options.json and why.problem:
            print(json.dumps(why.problem), flush=True)
        goes_on = f": {self.where()}" if self._command and why.status == REFUSED else ""
        _remark(f"{why}{goes_on} (exit status {why.status})")
        return why.status

    def interrupted(self, number: int) -> int:
        """Say what becomes of the line when this process asks no more; the exit status."""
        text = f"interrupted, nothing more is asked: {self.where()}"
        return self.gives_up(SendEndsError(128 + number, text))

    def heeds_signals(self) -> None:
        """Let a thread wait for signals: Python's handlers wait for what the main thread reads."""
        ends = (signal.SIGINT, signal.SIGTERM)
        heeded = {number for number in ends if signal.getsignal(number) != signal.SIG_IGN}

        def ends_by_one() -> None:
            number = signal.sigwait(heeded)
            signal.alarm(5)  # a log that nobody reads keeps no process alive
            try:
                self.interrupted(number)
            finally:
                os._exit(128 + number)

        signal.pthread_sigmask(signal.SIG_BLOCK, heeded)
        threading.Thread(target=ends_by_one, daemon=True).start()

    def where(self) -> str:
        """How somebody finds out later what became of the line."""
        if not self._command:
            return (
                "nobody knows whether the bot read the line; the same again with "
                f"--idempotency-key {self._key} shows what became of it, and never runs it twice"
            )
        place = f"{self._url}/v1/commands/{self._command['id']}"
        if self._command["state"] in WAITING:
            return f"the request still waits, and may yet run; DELETE {place} withdraws it"
        return f"the change goes on; look into its channel, or at {place}"

    def _asks(self) -> None:
        try:
            with self._opens("", self._body, Idempotency_Key=self._key) as answer:
                self._takes(_command(_read(answer.read)))
        except NotAnsweredError as error:
            self._pauses(error, min(FIRST_ANSWER_WITHIN, self._options.timeout))

    def _follows(self) -> None:
        """Show events until the command ends or the stream does."""
        path = f"/{self._command['id']}"
        headers = {"Last_Event_ID": self._last_id} if self._last_id else {}
        try:
            with self._opens(f"{path}/events", None, self._patience(), **headers) as answer:
                for name, command in self._events(answer):
                    self._last_id = name or self._last_id
                    self._takes(command)
                    if command["state"] == "ended":
                        return
            raise NotAnsweredError("the events ended too early")
        except NotAnsweredError as error:
            self._patience()
            self._pauses(error, self._options.timeout)
            if self._failures > 2:
                self._looks(path)

    def _looks(self, path: str) -> None:
        """Ask without a stream, which some proxies keep back to its end. Of a command that goes on
        nothing is shown here: its events come in their own order."""
        with contextlib.suppress(NotAnsweredError), self._opens(path) as answer:
            command = _command(_read(answer.read))
            self._answered = time.monotonic()
            if command["state"] == "ended":
                self._takes(command)

    def _events(self, answer: http.client.HTTPResponse) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ids and commands of server-sent events (HTML standard, 9.2); half an event at the end of
        the stream counts for nothing. Raises NotAnsweredError."""
        name, data = "", ""
        while (raw := _read(answer.readline)).endswith(b"\n"):
            self._patience()
            line = raw.decode("utf-8", "replace").strip("\ufeff\r\n")
            field, _, value = line.partition(":")
            if field == "id":
                name = value.strip()
            elif field == "data":
                data += f"{value}\n"
            elif not line and data:
                yield name, _command(data)
                data = ""

    def _takes(self, command: dict[str, Any]) -> None:
        """Show what was not known before: each line once."""
        before, lines_before = self._command, self._lines
        lines = [_plain(line) for line in str(command.get("text") or "").splitlines()]
        self._command, self._lines = command, lines
        self._answered, self._failures = time.monotonic(), 0
        shown = [json.dumps(command)] if self._options.json else lines
        for line in shown if command != before else ():
            if line and line not in lines_before:
                print(line, flush=True)

    def _patience(self) -> float:
        """Seconds that a stream may be silent. Raises SendEndsError where the command has waited
        for too long."""
        if self._command["state"] not in WAITING:
            return SILENCE
        remaining = float(self._begun + self._options.timeout - time.monotonic())
        if remaining <= 0:
            raise SendEndsError(STILL_WAITS, f"--timeout is over: {self.where()}")
        return min(SILENCE, remaining)

    def _pauses(self, error: NotAnsweredError, limit: float) -> None:
        """Wait before the next try. Raises SendEndsError where nothing answered for too long."""
        remaining = self._answered + limit - time.monotonic()
        if remaining <= 0:
            text = f"not reachable for {limit:.0f} s ({error}): {self.where()}"
            raise SendEndsError(NOT_REACHABLE, text)
        self._failures += 1
        # A bot that ends in good order ends its streams; the next one is often there at once.
        if self._failures == (2 if self._command else 1):
            _remark(f"{error}; trying again")
        pause = min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        jittered = pause * (0.5 + secrets.randbelow(1000) / 2000)
        time.sleep(min(max(jittered, error.pause), remaining))

    def _opens(
        self, path: str, body: Any = None, wait: float = ANSWER_WITHIN, **headers: str
    ) -> http.client.HTTPResponse:
        """The answer to a POST of `body`, or to a GET; it is not read yet. The token is read anew,
        for a build may wait longer than its token lives. Raises NotAnsweredError, SendEndsError."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/v1/commands{path}", data, sent)  # noqa: S310 - `ADDRESS` takes http and https alone
        try:
            answer: http.client.HTTPResponse = self._opener.open(request, timeout=wait)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise _not_answered(error) from None
        return answer

    def _token(self) -> str:
        """Who asks. Raises NotAnsweredError, SendEndsError."""
        token, file = os.environ.get("SWARMBOT_TOKEN", ""), self._options.token_file
        try:
            if file:
                with open(file, encoding="utf-8-sig") as opened:  # noqa: PTH123 - pathlib makes each build wait longer
                    token = opened.read(MOST_BYTES)
        except (OSError, ValueError) as error:
            raise SendEndsError(REFUSED, f"--token-file {file}: {error}") from None
        if not token and os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
            token = _token_of_github(self._options.audience or self._url)
        token = token.strip("\ufeff \r\n\t")
        if not TOKEN.fullmatch(token):
            problem = "has characters that no token has" if token else "is missing"
            raise SendEndsError(REFUSED, f"the token (SWARMBOT_TOKEN or --token-file) {problem}")
        return token


def _opener(url: str, authority: str | None = None) -> urllib.request.OpenerDirector:
    """Opens this address alone: a redirect is an error, so that the token goes nowhere else. No
    proxy stands between a machine and itself. Raises SendEndsError."""
    opener = urllib.request.OpenerDirector()
    if url.lower().startswith("https:"):
        try:
            context = ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise SendEndsError(REFUSED, f"--cacert {authority}: {error}") from None
        opener.add_handler(urllib.request.HTTPSHandler(context=context))
    opener.add_handler(urllib.request.HTTPHandler())
    opener.add_handler(urllib.request.HTTPErrorProcessor())
    opener.add_handler(urllib.request.HTTPDefaultErrorHandler())
    opener.add_handler(urllib.request.ProxyHandler({} if LOOPBACK.match(url) else None))
    return opener


def _refusal(error: urllib.error.HTTPError) -> Exception:
    """What an answer means that is none of 200 to 299."""
    problem: dict[str, Any] = {}
    with contextlib.suppress(NotAnsweredError):
        problem = _json(_read(error.read))
    said = [str(problem[name]) for name in ("title", "detail") if problem.get(name)]
    text = ": ".join(dict.fromkeys(said)) or f"HTTP {error.code} {error.reason}"
    if error.code in (408, 425, 429) or error.code >= 500:
        after = str(error.headers.get("Retry-After") or "")
        return NotAnsweredError(text, float(after) if after.isdecimal() else 0.0)
    if error.code < 400:
        return SendEndsError(NOT_REACHABLE, f"redirected to {error.headers.get('Location')}")
    return SendEndsError(REFUSED, text, problem)


def _not_answered(error: Exception) -> Exception:
    """What a failed connection means: a certificate does not become better by asking again."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        text = f"the certificate is not trusted: {reason.verify_message} (--cacert names a CA)"
        return SendEndsError(NOT_REACHABLE, text)
    return NotAnsweredError("no answer in time" if "timed out" in str(reason) else reason)


def _read(read: Callable[[int], bytes]) -> bytes:
    """What `read` of an answer gives. Raises NotAnsweredError."""
    try:
        return read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _not_answered(error) from None


def _json(raw: bytes | str) -> dict[str, Any]:
    """A JSON object; an empty one where it is something else."""
    try:
        value = json.loads(raw)
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def _command(raw: bytes | str) -> dict[str, Any]:
    """The resource of a command. Raises NotAnsweredError where it is something else."""
    command = _json(raw)
    if isinstance(command.get("id"), str) and isinstance(command.get("state"), str):
        return command
    raise NotAnsweredError("what answers there is no swarmbot")


def _token_of_github(audience: str) -> str:
    """A new OIDC token of the job (docs.github.com/actions/reference/security/oidc). Raises
    NotAnsweredError."""
    url = os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
    url += f"{'&' if '?' in url else '?'}audience={urllib.parse.quote(audience, safe='')}"
    sent = {"Authorization": f"Bearer {os.environ.get('ACTIONS_ID_TOKEN_REQUEST_TOKEN', '')}"}
    try:
        request = urllib.request.Request(url, headers=sent)  # noqa: S310 - GitHub's own address
        with _opener(url).open(request, timeout=ANSWER_WITHIN) as answer:
            return str(_json(answer.read(MOST_BYTES))["value"])
    except (OSError, http.client.HTTPException, KeyError) as error:
        raise NotAnsweredError(f"GitHub gives no token: {error}") from None


def _plain(line: str) -> str:
    """A line that does nothing to the log that it stands in: no control characters, and no command
    of GitHub's runner (`::add-path::`, `##[…]`)."""
    shown = "".join(c if c.isprintable() else " " for c in line).rstrip().replace("##[", "## [")
    return f"· {shown}" if shown.lstrip().startswith("::") else shown


def _remark(text: str) -> None:
    """What `send` itself has to say."""
    print(_plain(f"swarmbot send: {text}"), file=sys.stderr, flush=True)


def _seconds(text: str) -> float:
    """`90`, `90s`, `30m`, `2h` in seconds. Raises argparse's error."""
    match = TIME.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 90s, 30m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _key(text: str) -> str:
    """A key as a header may carry it. Raises argparse's error."""
    if not KEY.fullmatch(text):
        raise argparse.ArgumentTypeError("a key has 1 to 128 printable ASCII characters")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="swarmbot send",
        usage="swarmbot send [OPTIONS] LINE…",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, (metavar, about) in OPTIONS.items():
        parser.add_argument(name, metavar=metavar, help=about)
    waits = "how long to wait for approval, or for a bot that is away: 90s, 30m (default), 2h"
    parser.add_argument("--timeout", metavar="TIME", type=_seconds, default=1800.0, help=waits)
    once = "the same key never runs a line twice (default: a new one for each call)"
    parser.add_argument("--idempotency-key", metavar="KEY", type=_key, help=once)
    parser.add_argument("--json", action="store_true", help="JSON lines in place of text")
    parser.add_argument("line", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(url=os.environ.get("SWARMBOT_URL", ""))
    return parser


def run(arguments: list[str] | None, *, is_program: bool = False) -> int:
    """Send what these arguments say, or those of the process; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    words = options.line[1:] if options.line[:1] == ["--"] else options.line
    if not words:
        parser.error("which line? For example: swarmbot send service ls")
    # One word with spaces is a line that stood in quotes.
    sending = Sending(options, words[0] if len(words) == 1 else shlex.join(words))
    if is_program and hasattr(signal, "pthread_sigmask"):
        sending.heeds_signals()
    try:
        return sending.run()
    except SendEndsError as why:
        return sending.gives_up(why)
    except KeyboardInterrupt:  # on Windows, where no signal can be waited for
        return sending.interrupted(signal.SIGINT)


def send_line(arguments: list[str] | None = None) -> int:
    """The same as a program, which logs of any encoding take and signals end; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # neither is replaced
    return run(arguments, is_program=True)


if __name__ == "__main__":
    sys.exit(send_line())
