"""Asks a credential helper of Docker's, `docker-credential-NAME get`, within bounds."""

from __future__ import annotations

import json
import selectors
import subprocess
import time
from contextlib import suppress
from typing import IO

from bot.model.registry_login import DOCKER_HUB, LoginFault
from bot.settings.sources import environment_of_programs
from bot.swarm.registries.credential import Credential

HELPER_SECONDS = 10.0
MOST_OUTPUT = 64 * 1024
_NOT_FOUND = b"credentials not found"
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"


def program_of(helper: str) -> str:
    """The program of a helper, by its short name, such as `ecr-login`."""
    return f"docker-credential-{helper}"


def ask(helper: str, host: str, seconds: float = HELPER_SECONDS) -> Credential | LoginFault:
    """What the helper gives for this registry. What it writes is bounded, and is never logged."""
    try:
        process = subprocess.Popen(
            [program_of(helper), "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment_of_programs(),
        )
    except OSError:
        return LoginFault.NO_HELPER
    with process:
        key = _DOCKER_HUB_KEY if host == DOCKER_HUB else host
        try:
            output = _output(process, key, time.monotonic() + seconds)
        finally:
            # One that has ended is not hit: its number is still its own until it is waited for.
            process.kill()
    return _read(output, host) if isinstance(output, bytes) else output


def _output(process: subprocess.Popen[bytes], key: str, until: float) -> bytes | LoginFault:
    if process.stdin is None or process.stdout is None:
        return LoginFault.HELPER_FAILED
    with suppress(OSError):
        process.stdin.write(key.encode())
        process.stdin.close()
    output = _all_of(process.stdout, until)
    if isinstance(output, LoginFault):
        return output
    try:
        code = process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return LoginFault.HELPER_SLOW
    if code == 0:
        return output
    return LoginFault.NO_ENTRY if _NOT_FOUND in output else LoginFault.HELPER_FAILED


def _all_of(stream: IO[bytes], until: float) -> bytes | LoginFault:
    """All that comes until the stream ends."""
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(0.0, until - time.monotonic())):
            piece = stream.read1(MOST_OUTPUT)  # type: ignore[attr-defined] # IO does not know it
            if not piece:
                return output
            output += piece
            if len(output) > MOST_OUTPUT:
                return LoginFault.TOO_LONG
    return LoginFault.HELPER_SLOW


def _read(output: bytes, host: str) -> Credential | LoginFault:
    try:
        answer = json.loads(output)
    except ValueError:
        return LoginFault.NOT_JSON
    username = answer.get("Username") if isinstance(answer, dict) else None
    secret = answer.get("Secret") if isinstance(answer, dict) else None
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        return LoginFault.NO_ENTRY
    return Credential(host, username, secret)
