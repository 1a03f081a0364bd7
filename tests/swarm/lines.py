"""Lines as hurried, mistaken and malicious people type them: by the grammar of the commands, and
beside it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from bot.command import line
from bot.command.model import Command, Table
from bot.command.parameters import Parameter, parameters
from bot.errors import SwarmbotError
from bot.model import Image
from bot.model.addresses import split_address

NAMES = (
    "web",
    "agent",
    "job",
    "shop",
    "uber-net",
    "ingress",
    "key",
    "conf",
    "node1",
    "node2",
    "node4",
    "self",
)
"""What there is."""
FITTING = {
    "SERVICE": ("web", "agent", "job"),
    "NODE": ("node1", "node2", "node3", "node4", "self"),
    "NETWORK": ("uber-net", "ingress"),
    "STACK": ("shop",),
    "ENGINE": ("node1", "node3", "node4"),
    "SERVICE=REPLICAS": ("web=5", "web=1", "agent=2", "web=five", "web=-1"),
    "worker|manager": ("worker", "manager"),
    "LINE": (
        "scale web=5",
        "service update --force agent",
        "deploy web",
        "status",
        "queue 'scale web=5'",
        "'",
    ),
}
"""What an argument asks for, by how the usage line names it."""
VALUES = (
    *(
        "0",
        "1",
        "2",
        "-1",
        "1.5",
        "1e9",
        "99999999999999999999",
        "five",
        "true",
        "maybe",
        "nan",
        "inf",
        "٣",
        "²",
        "0x1f",
    ),
    *(
        "20s",
        "1m30s",
        "1h",
        "-2s",
        "9d",
        "99999999999h",
        "15:40",
        "25:61",
        "2026-03-04",
        "0001-01-01",
        "9999-12-31T23:59",
    ),
    *(
        "A=1",
        "A",
        "=1",
        "a b=c",
        "zone=a",
        "web=5",
        "web=five",
        "web=-1",
        "agent=2",
        "web=5=6",
        "web=99999999999999999999",
    ),
    *(
        "drain",
        "active",
        "worker",
        "manager",
        "start-first",
        "rollback",
        "global",
        "replicated-job",
        "never",
        "vip",
        "dnsrr",
    ),
    *(
        "8081:8080",
        "published=1,target=2,mode=host",
        "1-3:1-2",
        "70000:1",
        "[::1]:1:2",
        "10.1.0.0/16",
        "fe80::/300",
        "10.1.0.1",
    ),
    *(
        "type=tmpfs,dst=/x",
        "type=bind",
        "source=key,mode=9",
        "node.role==manager",
        "a=b",
        "spread=node.id",
        "nofile=9:1",
    ),
    *(
        "512M",
        "-1G",
        "64TB",
        "protocol=cfssl,url=https://127.0.0.1",
        "127.0.0.1:2377",
        "127.0.0.1:0",
        "[::1]",
        "eth0",
        "x,y='",
    ),
)
STRANGE = (
    "",
    "wbe",
    "WEB",
    "w",
    "-",
    "--",
    "--=5",
    "---f",
    "-f",
    "=",
    "web=",
    "=5",
    "*",
    "🚀",
    "שלום",
    "\u202eweb",
    "a\x00b",
    "\ud800",
    "x" * 300,
)
LETTERS = (
    "aB0 -=/:,.'\"`\\\n\t\x00\x07\x1b\x7f‘“„—*_~<@!>&|;$(){}[]#%^"
    "éßıİ½²٣日本ไทยابجשלום🚀👩‍👩‍👧\u200b\u202e\u2028\ufeff\ud83d\uffff"
)


@dataclass(frozen=True)
class Typist:
    """Types lines of four kinds: by the grammar, right ones spoiled, names among garbage, and
    garbage.

    `notebook` holds the right ones. Nothing typed would make a planner ask anybody but this
    machine: images are of `image`'s registry, addresses those of the machine itself.
    """

    table: Table
    notebook: Sequence[str]
    image: str
    random: Random

    def next_line(self) -> str:
        kinds = (
            self._by_grammar,
            self._spoiled,
            self._names_in_garbage,
            partial(self._garbage, 60),
        )
        while True:
            text = self.random.choices(kinds, weights=(4, 3, 3, 2))[0]()
            if self._stays_here(text):
                return text

    def _by_grammar(self) -> str:
        command = self.random.choice(self.table.commands)
        name = self.random.choice(command.names)
        params = parameters(command)
        words = [self._argument(param) for param in params if not param.spellings]
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            at = self.random.choice((0, len(words)))
            words[at:at] = self._flag(command)
        join = self.random.choice((shlex.join, shlex.join, shlex.join, " ".join))
        return f"{self._misspelt(name) if self._now_and_then() else name} {join(words)}"

    def _argument(self, param: Parameter) -> str:
        known = (self.image,) if param.metavar == "IMAGE" else FITTING.get(param.metavar, NAMES)
        return self._word() if self._now_and_then() else self.random.choice(known)

    def _flag(self, command: type[Command]) -> list[str]:
        """A flag of the command or, now and then, of another one; misspelt now and then; with or
        without a value."""
        of = self.random.choice(self.table.commands) if self._now_and_then() else command
        params = [param for param in parameters(of) if param.spellings]
        if not params or self.random.random() < 0.02:
            return ["--help"] if self._now_and_then() else []
        param = self.random.choice(params)
        flag = self.random.choice(param.spellings)
        flag = self._misspelt(flag) if self._now_and_then() else flag
        if param.switch or self._now_and_then():
            return [flag]
        value = (
            self.random.choice(FITTING[param.metavar]) if param.metavar in FITTING else self._word()
        )
        return self.random.choice(([flag, value], [f"{flag}={value}"]))

    def _spoiled(self) -> str:
        words = shlex.split(self.random.choice(self.notebook))
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            at = self.random.randrange(len(words) + 1)
            new = self.random.choice(
                ([], [self._word()], self._flag(self.random.choice(self.table.commands)))
            )
            words[at : at + self.random.choice((0, 1))] = new
        text = shlex.join(words)
        return text.replace("'", self.random.choice('"“’ ')) if self._now_and_then() else text

    def _names_in_garbage(self) -> str:
        name = self.random.choice(tuple(self.table.by_name))
        return f"{name if self._now_and_then() else self._misspelt(name)} {self._garbage(20)}"

    def _word(self) -> str:
        pool = self.random.choices((NAMES, VALUES, STRANGE), weights=(2, 4, 1))[0]
        return self._garbage(12) if self._now_and_then() else self.random.choice(pool)

    def _garbage(self, most: int) -> str:
        return "".join(self.random.choices(LETTERS, k=self.random.randint(1, most)))

    def _misspelt(self, name: str) -> str:
        at = self.random.randrange(len(name))
        return self.random.choice(
            (
                name[:at] + name[at + 1 :],
                name[:at] + name[at:].swapcase(),
                name[: at + 1] + name[at:],
            )
        )

    def _now_and_then(self) -> bool:
        return self.random.random() < 0.15

    def _stays_here(self, text: str) -> bool:
        named = line.bare(text, self.table)
        if named is None or not {"image", "remote", "line"} & named[0].model_fields.keys():
            return True
        try:
            command = line.parse(text, self.table)
        except SwarmbotError:
            return True
        image, remote = getattr(command, "image", None), getattr(command, "remote", None)
        return (
            (not image or Image.parse(image).registry == Image.parse(self.image).registry)
            and (not remote or split_address(remote)[0] in ("127.0.0.1", "::1"))
            and self._stays_here(getattr(command, "line", ""))
        )
