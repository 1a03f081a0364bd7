"""The arguments of a method call, however they came: JSON, form, multipart or nothing."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from playground.workspace.errors import SlackError

TRUE = (True, 1, "1", "true", "True")


class Arguments:
    """Reads the arguments of a call as Slack does.

    In a form, lists and objects are JSON text, and flags are 0 and 1.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = dict(raw)

    def text(self, name: str) -> str:
        """A string; empty when it is not given."""
        value = self.raw.get(name)
        return "" if value is None else str(value)

    def need(self, name: str, code: str = "invalid_arguments") -> str:
        """A string that must be given; raises SlackError with `code`."""
        value = self.text(name)
        if not value:
            missing = (
                (f"[ERROR] missing required field: {name}",) if code == "invalid_arguments" else ()
            )
            raise SlackError(code, missing)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean."""
        return self.raw[name] in TRUE if self.raw.get(name) is not None else default

    def number(self, name: str, default: int) -> int:
        """A whole number; raises SlackError with `invalid_arguments`."""
        try:
            return int(self.text(name) or default)
        except ValueError as error:
            raise SlackError(
                "invalid_arguments", (f"[ERROR] must be an integer [json-pointer:/{name}]",)
            ) from error

    def data(self, name: str, code: str = "invalid_arguments") -> Any:
        """A list or an object; None when it is not given.

        Raises SlackError with `code` when it is not JSON.
        """
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise SlackError(code) from error


async def read(request: Request) -> tuple[str, Arguments]:
    """The bearer token (empty if none) and the arguments of a request; raises SlackError with
    `invalid_json`."""
    raw: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    body = await request.body()
    if body and kind.startswith("application/json"):
        raw |= _json(body)
    elif body:
        raw |= {name: await _content(value) for name, value in (await request.form()).items()}
    header = request.headers.get("authorization", "")
    token = header.removeprefix("Bearer ").strip() or str(raw.get("token", ""))
    raw.pop("token", None)
    return token, Arguments(raw)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


async def _content(value: UploadFile | str) -> str | bytes:
    return value if isinstance(value, str) else await value.read()
