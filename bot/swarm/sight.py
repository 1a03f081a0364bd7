"""Which services somebody may see by name, so that nothing tells them of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import SwarmbotError


@dataclass(frozen=True, slots=True)
class Sight:
    """Services that somebody may name.

    `sees`: whether a service, by its name, is among them. `refusal`: what is raised for a name that
    is not, with the nearest ones that are; it is the same whether there is such a service or not.
    `lists`: lists of services and tasks are limited to them too. `may_hear`: whether somebody who
    gave the id of a service that is not among them may be told its name.
    """

    sees: Callable[[str], bool]
    refusal: Callable[[str, Sequence[str]], SwarmbotError]
    lists: bool = False
    may_hear: Callable[[str], bool] = lambda _: False
