"""A desk at which lines are typed: the whole path behind Slack's door, over a Swarm of any kind."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.clock import Stopping, utc_now
from bot.metrics import Metrics
from bot.model import Message, MessageRef, Place
from bot.model.approval import Approval
from bot.model.danger import Grant
from bot.pipeline.answers import Answers
from bot.pipeline.approvals import ApprovalFlow
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.left_messages import LeftMessages
from bot.pipeline.pipeline import Pipeline
from bot.pipeline.request import Request
from bot.policy import approval_steps
from bot.poster import Elsewhere, Handle, Poster, Shared, Then, Unshared
from bot.rollout.roller import Roller
from bot.settings import PolicyRule, RegistrySettings, Role, Settings
from bot.store.store import Store
from bot.swarm.swarm import Swarm
from handlers.commands import TABLE
from tests.swarm.acting import ANN
from tests.swarm.lines import Typist
from tests.swarm.test_service_lines import CREATE, JOBS, UPDATE

BATCH = 20
FAULTS = ("swarmbot itself failed", "That did not work")
"""How answers begin that explain nothing."""


class Recorder(Poster):
    """Stands where Slack would be, and keeps what is said."""

    def __init__(self) -> None:
        self.said: list[Message] = []

    def refusal(self, channel: str) -> str:
        del channel
        return ""

    def refused(self, channels: Iterable[str]) -> Mapping[str, str]:
        del channels
        return {}

    def post(
        self,
        channel: str,
        message: Message,
        thread: str = "",
        then: Then | None = None,
        shared: Shared | None = None,
        *,
        elsewhere: Elsewhere | None = None,
    ) -> Handle:
        del thread, shared, elsewhere
        self.said.append(message)
        if then:
            then(MessageRef(channel, secrets.token_hex(4)))
        return Handle(channel, channel, message, then)

    def edit(
        self,
        handle: Handle | MessageRef,
        message: Message,
        final: bool = False,
        then: Then | None = None,
        shared: Shared | None = None,
        *,
        elsewhere: Elsewhere | None = None,
    ) -> Handle:
        del final, shared, elsewhere
        self.said.append(message)
        return Handle(handle.channel, handle.channel, message, then)

    def reply(
        self, handle: Handle | MessageRef, message: Message, *, aloud: bool = False
    ) -> Handle:
        del aloud
        self.said.append(message)
        return Handle(handle.channel, handle.channel, message)

    def answer(
        self, place: Place, actor_id: str, message: Message, unshared: Unshared | None = None
    ) -> None:
        del place, actor_id, unshared
        self.said.append(message)


@dataclass
class Desk:
    """Where Ann types. Every change that she asks for waits for somebody else.

    `swarm` tells all that a change could have left behind, byte for byte; `image` gives the full
    name of `web:v1` and its like.
    """

    pipeline: Pipeline
    slack: Recorder
    swarm: Callable[[], str]
    image: Callable[[str], str]

    def types(self, text: str) -> Message:
        """The one answer to a line."""
        self.slack.said.clear()
        self.pipeline.execute(Request(text, ANN, Place("C1")))
        assert len(self.slack.said) == 1, f"{len(self.slack.said)} answers to {text!r}"
        return self.slack.said[0]

    def types_lines(self, count: int) -> None:
        """Type this many generated lines: each gets one answer in words, and nothing changes."""
        image, before = self.image("web:v1"), self.swarm()
        right = notebook(image, self.image("web:v2"))

        @settings(
            max_examples=count // BATCH, deadline=None, database=None, phases=(Phase.generate,)
        )
        @given(st.randoms(use_true_random=True))
        def every_line_gets_its_answer(random: Random) -> None:
            typist = Typist(TABLE, right, image, random)
            for _ in range(BATCH):
                text = typist.next_line()
                said = self.types(text)
                assert said.text.strip(), text
                assert not any(fault in said.text for fault in FAULTS), text
            self.forget()

        every_line_gets_its_answer()
        assert self.swarm() == before

    def forget(self) -> None:
        """Take back everything that was asked for."""
        approvals = self.pipeline.store.approvals
        for approval in approvals.open():
            approvals.apply(approval.id, _withdraw)


def _withdraw(approval: Approval) -> Approval:
    return approval_steps.withdraw(approval, approval.actor, utc_now())


def pipeline(
    swarm: Swarm,
    opened: Store,
    slack: Recorder,
    folder: Path,
    stopping: Stopping,
    configured: Settings | None = None,
) -> Pipeline:
    configured = configured or waiting_for_lead(folder)
    metrics = Metrics()
    roller = Roller(swarm, opened, utc_now, stopping)
    reports = CommandReports(opened.commands, utc_now, stopping.monotonic)
    executor = ChangeExecutor(
        opened, slack, roller, metrics, utc_now, stopping, reports, LeftMessages(opened)
    )
    approvals = ApprovalFlow(
        opened, slack, configured, TABLE, utc_now, lambda actor: actor, "b1", reports
    )
    return Pipeline(
        swarm,
        opened,
        Answers(opened, slack, TABLE, configured, metrics, utc_now, reports),
        roller,
        executor,
        approvals,
        TABLE,
        configured,
        metrics,
        utc_now,
        stopping,
        reports,
    )


def waiting_for_lead(folder: Path) -> Settings:
    """Ann may ask for everything, and every change of hers waits."""
    asking, deciding = Role(name="operator", users=(ANN.id,)), Role(name="lead", users=("U2",))
    rule = PolicyRule(ask=(asking.name,), approve=(deciding.name,), grants=tuple(Grant))
    return Settings(
        SWARMBOT_DATA=folder,
        registries=(RegistrySettings(host="*"),),
        roles=(asking, deciding),
        rules=(rule,),
    )


def notebook(image: str, other_image: str) -> list[str]:
    """Lines that are right, to be spoiled."""
    examples = [
        text.replace("shop/web:2.0", image).replace("10.0.0.1:2377", "127.0.0.1:2377")
        for command in TABLE.commands
        for text in command.examples
    ]
    create = [
        f"service create {text}".replace("NAME", "api").replace("IMAGE", image)
        for text in (*JOBS, *CREATE)
    ]
    update = [
        f"service update {text}".replace("NAME", "web").replace("OTHER", other_image)
        for text in UPDATE
    ]
    return [*examples, *create, *update]
