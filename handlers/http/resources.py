"""What goes over HTTP, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.model.sent_command import SentCommand, SentEnding, SentState

_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]


EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": r"^\d+$"},
        "event": {"const": "state"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/CommandResource"},
        },
    },
}
"""The schema of a server-sent event."""


class PostedCommand(BaseModel):
    """A line as people type it, or a command by its name with its flags."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"line": "service update --image shop/web:2.0 web", "build": "build 418"}],
            "oneOf": [{"required": ["line"]}, {"required": ["command"]}],
        },
    )

    line: str | None = Field(None, min_length=1, max_length=4000, description="as typed in Slack")
    command: _Text | None = Field(
        None, min_length=1, max_length=64, description="the name of the command, without a line"
    )
    flags: dict[str, Any] | None = Field(None, description="its flags and arguments, by name")
    link: str = Field(
        "", max_length=500, pattern=r"^(https?://[^\s<>|]+)?$", description="URL of the build"
    )
    build: _Text = Field("", max_length=64, description="what the build is called")
    by: _Text = Field("", max_length=200, description="whose commit: an address or a name")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.line is None) == (self.command is None):
            raise ValueError("give either `line` or `command`")
        if self.flags is not None and self.command is None:
            raise ValueError("`flags` belong to `command`")
        return self


class CommandResource(BaseModel):
    """A command that was sent. `text` is plain; `ending` is null until the state is `ended`."""

    id: str
    line: str = Field(description="with dots for secrets")
    asked_by: str
    state: SentState
    ending: SentEnding | None
    text: str
    approval: str | None = Field(description="the id of the request that waits for people")
    created: datetime
    changed: datetime

    @classmethod
    def of(cls, command: SentCommand) -> Self:
        """The resource of a command."""
        return cls(
            id=command.id,
            line=command.line,
            asked_by=command.asked_by,
            state=command.state,
            ending=command.ending,
            text=command.text,
            approval=command.approval or None,
            created=command.created,
            changed=command.changed,
        )
