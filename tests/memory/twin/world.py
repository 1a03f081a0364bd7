"""The world of one story: a Swarm, a Redis, a workspace, people, and the bots between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.render.slack.slash import SLASH_COMMAND, SlashCommand
from bot.settings import PolicyRule, ReadsSettings, Role, Settings
from bot.swarm.swarm import Swarm
from playground.workspace.text import Reader
from tests.fence import OPEN
from tests.memory.twin.bot import MemoryBot, settings
from tests.memory.twin.clock import Clock
from tests.memory.twin.cluster import Json, copied, count_of
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.redis_twin import RedisTwin
from tests.memory.twin.registry_api import RegistryApi
from tests.memory.twin.slack_twin import MemoryPerson, SlackTwin
from tests.memory.twin.swarm_twin import SwarmTwin

DEV, LEAD, OPS = "U0DEV00001", "U0LEAD0001", "U0OPS00001"
OPERATORS = (Role(name="operator", users=(DEV, LEAD)),)
FREELY = (PolicyRule(commands=("*",), ask=("operator",)),)
GUESTS_READ = ReadsSettings(guests=("*",))
SECOND = 1_000_000_000


class World:
    """Everything that a story is told in."""

    def __init__(
        self,
        roles: tuple[Role, ...] = OPERATORS,
        rules: tuple[PolicyRule, ...] = FREELY,
        bots: int = 1,
        made_of: type[MemoryBot] = MemoryBot,
        **parts: Any,
    ) -> None:
        """`parts` are further settings, by their names in the file."""
        self._made_of = made_of
        self.clock = Clock()
        self.redis = RedisTwin(self.clock.monotonic)
        self.swarm = SwarmTwin(self.clock.monotonic)
        self.by_others = MemoryEngines(self.swarm)
        """The engines as people use them with Docker's own command line."""
        self.slack = SlackTwin(self.clock, self._connected)
        self.settings: Settings = settings(roles, rules, **{"reads": GUESTS_READ, **parts})
        self.bots: list[MemoryBot] = []
        self._first: MemoryBot | None = None
        self.clock.settle = self._flush
        for _ in range(bots):
            self.start_bot()
        for tag in ("1.0", "2.0", "3.0"):
            self.swarm.cluster.registry.push(f"shop/web:{tag}")

    @property
    def bot(self) -> MemoryBot:
        """The bot, where there is one."""
        return self.bots[0]

    @property
    def registry(self) -> Any:
        return self.swarm.cluster.registry

    @property
    def registry_api(self) -> RegistryApi:
        """The same as the bot asks it."""
        return self.swarm.registry_api

    @property
    def outside(self) -> Swarm:
        """The Swarm for somebody who changes it behind the bot's back."""
        return self.bot.swarm.fenced_by(OPEN)

    def start_bot(self) -> MemoryBot:
        """One bot more."""
        bot = self._made_of(
            f"bot{len(self.bots) + 1}",
            self.clock,
            self.redis,
            self.swarm,
            self.slack,
            self.settings,
        )
        self.bots.append(bot)
        return bot

    def person(self, name: str) -> MemoryPerson:
        """`dev`, `lead`, `guest` or `ops`."""
        return self.slack.person(name)

    def runs(self, name: str, image: str = "shop/web:1.0", replicas: int = 2, **spec: Any) -> Json:
        """Create a service behind the bot's back, and let it come to run."""
        build = self.registry.find(image) or self.registry.push(image)
        template = {"ContainerSpec": {"Image": f"{image}@{build.digest}"}, **spec.pop("Task", {})}
        body = {
            "Name": name,
            "Labels": {},
            "TaskTemplate": template,
            "Mode": {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {"Parallelism": 1, "Monitor": SECOND, "FailureAction": "pause"},
            **spec,
        }
        self.by_others.call(lambda client: client.fenced_by(OPEN).create_service(body))
        self.swarm.settle()
        return self.swarm.cluster.service(name)

    def add_network(self, name: str, **fields: Any) -> Json:
        """An overlay network."""
        return self.swarm.add_network(name, Driver="overlay", Scope="swarm", **fields)

    def everything_said(self) -> str:
        """Every state of every message and file that anybody may have seen, and of every view."""
        state = self.slack.state
        said = [repr(message) for message in state.messages.values()]
        return "\n".join([*said, repr(state.files), repr(state.views.known)])

    def hears_everything(self) -> str:
        """Whatever the bot said that nobody looked at yet: somebody does so now."""
        reader = Reader(self.slack.state, "UTC", DEV)
        unheeded = self.slack.unheeded()
        for posted in unheeded:
            self.slack.heeded[posted.channel, posted.ts] = posted.now.seq
        return "\n".join(map(reader.message, unheeded))

    def everything_in_redis(self) -> list[Any]:
        """All that is stored, whatever it is."""
        redis = self.redis.client()
        return [redis.dump(key) for key in redis.scan_iter()]

    def by_hand(self, name: str, change: Callable[[Json], object]) -> None:
        """Change a service behind the bot's back, as with Docker's own command line."""
        service = copied(self.swarm.cluster.service(name))
        change(service["Spec"])
        self.by_others.call(
            lambda client: client.fenced_by(OPEN).update_service(service, service["Spec"])
        )

    def deploys_by_hand(self, name: str, image: str) -> None:
        """Roll a service to another image behind the bot's back, to its end or its pause."""
        named = f"{image}@{self.registry.find(image).digest}"
        self.by_hand(name, lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Image=named))
        self.swarm.settle()

    def nodes(self) -> list[Json]:
        """Every node."""
        return list(self.swarm.cluster.nodes.values())

    def replicas_of(self, name: str) -> int:
        """How many replicas a service is to have."""
        return count_of(self.swarm.cluster.service(name)["Spec"])

    def image_of(self, name: str) -> str:
        """The image that a service is to run, without its digest."""
        template = self.swarm.cluster.service(name)["Spec"]["TaskTemplate"]
        return str(template["ContainerSpec"]["Image"]).partition("@")[0]

    def finish(self) -> None:
        """The end of the story: all comes to rest, and nothing was said but what people looked
        at."""
        self.clock.run(self.clock.is_idle, 300)
        self.clock.run(lambda: False, 3)
        reader = Reader(self.slack.state, "UTC", DEV)
        said = [reader.message(message) for message in self.slack.unheeded()]
        assert not said, "nobody in the story looked at:\n" + "\n---\n".join(said)
        if not self.redis.away:
            assert not self.bot.store.rollouts.running(), "a rollout is still recorded as running"

    def end(self) -> None:
        """Give back what it cost."""
        self.clock.end()
        SLASH_COMMAND.name = SlashCommand().name
        for bot in self.bots:
            bot.close()

    def talks_to(self, bot: MemoryBot) -> None:
        """From now on Slack sends everything to this bot, while it is awake."""
        self._first = bot

    def _connected(self) -> list[MemoryBot]:
        awake = [bot for bot in self.bots if bot.party.awake]
        return sorted(awake, key=lambda bot: bot is not self._first)

    def _flush(self) -> None:
        for bot in self.bots:
            if bot.party.awake:
                bot.poster.send_due()
