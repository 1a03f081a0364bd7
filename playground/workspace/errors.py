"""What the workspace refuses: Slack's error names, with the data Slack sends beside them."""

from dataclasses import dataclass, field
from typing import Any

from playground.errors import PlaygroundError


@dataclass(eq=False)
class SlackError(PlaygroundError):
    """A method of the Web API refuses; `code` is Slack's name for the reason.

    `messages` is what Slack puts in `response_metadata`.
    """

    code: str
    messages: tuple[str, ...] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return ": ".join((self.code, *self.messages))

    def answer(self) -> dict[str, Any]:
        """The JSON body as Slack answers it."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


@dataclass(eq=False)
class NotSeenError(PlaygroundError, AssertionError):
    """A person waited for something that did not show up; `visible` is what they saw instead."""

    person: str
    awaited: str
    seconds: float
    visible: str

    def __str__(self) -> str:
        return (
            f"{self.person} did not see {self.awaited} within {self.seconds:g} s. "
            f"Visible:\n{self.visible}"
        )


@dataclass(eq=False)
class SeenError(PlaygroundError, AssertionError):
    """A person saw what should not have been there."""

    person: str
    unwanted: str
    text: str

    def __str__(self) -> str:
        return f"{self.person} sees {self.unwanted}, and should not:\n{self.text}"


@dataclass(eq=False)
class NothingToUseError(PlaygroundError, AssertionError):
    """A person wants to click or fill something that is not on the screen.

    `visible` is what is there.
    """

    person: str
    wanted: str
    visible: str

    def __str__(self) -> str:
        return f"{self.person} finds no {self.wanted}. Visible:\n{self.visible}"


@dataclass(eq=False)
class FormRefusedError(PlaygroundError, AssertionError):
    """Slack's own form check refuses what a person filled in; `problems` are by block id."""

    person: str
    problems: dict[str, str]

    def __str__(self) -> str:
        listed = "; ".join(f"{block}: {problem}" for block, problem in self.problems.items())
        return f"Slack does not let {self.person} submit: {listed}"


@dataclass(eq=False)
class NoNotificationTextError(PlaygroundError, AssertionError):
    """A message has blocks and no `text`.

    Its notification would be empty, and screen readers would read nothing.
    """

    ts: str
    visible: str

    def __str__(self) -> str:
        return f"message {self.ts} has no `text` beside its blocks:\n{self.visible}"


@dataclass(eq=False)
class UnknownNameError(PlaygroundError, LookupError):
    """No person or channel of that name is in the workspace."""

    kind: str
    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no {self.kind} `{self.name}` in the workspace; there are {', '.join(self.known)}"
