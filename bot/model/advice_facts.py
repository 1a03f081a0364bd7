"""What the doctor finds: for each kind of finding the facts from which `bot.render.doctor` makes
its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from bot.model.addresses import AddressUse
from bot.model.advice_kind import AdviceKind
from bot.model.alert_facts import CertificateEnding
from bot.model.cluster import EngineState, ManagerCaution, Quorum, RootRotation
from bot.model.images import Image
from bot.model.obstacles import Obstacle
from bot.model.registry_login import LoginSource
from bot.model.rollout import Finding
from bot.model.version_in_use import VersionInUse


@dataclass(frozen=True, slots=True)
class AllAlike:
    """The same is to be said of all these `names`, of one kind: nodes or services.

    `image`: that of the first service, where what helps names one.
    """

    kind: AdviceKind
    names: tuple[str, ...]
    image: Image | None = None


# ---- managers


class WayBack(StrEnum):
    """What brings a leader back: a new cluster forced on an engine that is left, the unlock key, a
    Swarm for an engine that is in none, new certificates where they have expired, or Docker started
    where no engine answers."""

    FORCE_NEW_CLUSTER = "force new cluster"
    UNLOCK = "unlock"
    JOIN = "join"
    RENEW = "renew"
    START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLeader:
    """The managers have no leader. `engines` with what they say of themselves; `quorum` where it is
    their number that is too small. `engine` and its `address` are where the way back begins."""

    kind: ClassVar = AdviceKind.NO_LEADER
    engines: tuple[EngineState, ...]
    way_back: WayBack
    quorum: Quorum | None = None
    engine: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLocked:
    """The engine is a manager that waits for the unlock key."""

    kind: ClassVar = AdviceKind.LOCKED
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAway:
    """The engine does not answer the bot, for that reason."""

    kind: ClassVar = AdviceKind.ENGINE
    engine: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagersUnwise:
    """The number of managers, or of those that are there, is unwise, as `caution` says.

    `workers` are the names of nodes that could be promoted.

    What helps: bring the managers `gone` back (the first has `gone_id`), `demote` one, or `promote`
    a worker.
    """

    kind: ClassVar = AdviceKind.MANAGERS
    caution: ManagerCaution
    quorum: Quorum
    workers: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    gone_id: str = ""
    demote: str = ""
    promote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConnected:
    """The bot is not connected to the managers `names`; `one_left`: only to a single manager."""

    kind: ClassVar = AdviceKind.NOT_CONNECTED
    names: tuple[str, ...]
    one_left: bool


# ---- nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """An entry (id) of a node that joined anew under the same name; `manager`: it still counts as
    one."""

    kind: ClassVar = AdviceKind.LEFT_OVER
    node: str
    node_id: str
    manager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAway:
    """A node is Down, or as good as that; `lasted`: for how long, where that is long,
    and when at the latest its certificate ends, which it cannot renew."""

    kind: ClassVar = AdviceKind.NODE_DOWN
    node: str
    node_id: str
    state: str
    manager: bool
    lasted: timedelta | None = None
    certificate_ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNodeActive:
    """No node takes tasks; `node` is one that could."""

    kind: ClassVar = AdviceKind.NO_NODE_ACTIVE
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDrained:
    """A manager is drained while other managers run tasks."""

    kind: ClassVar = AdviceKind.MANAGER_DRAINED
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsDiffer:
    """Engines of different `versions`, the newest first; `loses`: the managers differ by so much
    that what is changed through an older one loses what only newer ones know."""

    kind: ClassVar = AdviceKind.VERSIONS
    versions: tuple[VersionInUse, ...]
    loses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOff:
    """The clock of an engine is so far ahead of the bot's (behind: negative); without an engine the
    bot's own clock is, of all engines'."""

    kind: ClassVar = AdviceKind.CLOCK
    ahead: timedelta
    engine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSpareRoom:
    """Were the node lost, the others would have no room for the reservations of the services."""

    kind: ClassVar = AdviceKind.NO_SPARE_ROOM
    node: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skewed:
    """The tasks of the services `names` do not lie evenly, and the nodes `empty` run nothing."""

    kind: ClassVar = AdviceKind.SKEWED
    names: tuple[str, ...]
    empty: tuple[str, ...]


# ---- services


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowCount:
    """A service runs fewer tasks than it should; `for_good`: one failed that Swarm does not start
    again."""

    kind: ClassVar = AdviceKind.BELOW_COUNT
    service: str
    running: int
    desired: int
    cause: Finding | None = None
    for_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverRan:
    """No task of a service ever ran; `ports` are those that it publishes all the same."""

    kind: ClassVar = AdviceKind.NEVER_RAN
    service: str
    ports: tuple[int, ...] = ()
    cause: Finding | None = None


@dataclass(frozen=True, slots=True)
class FailAlike:
    """Many services do not run as they should for the same reason; `kind` is BELOW_COUNT or
    NEVER_RAN."""

    kind: AdviceKind
    names: tuple[str, ...]
    cause: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementObstacle:
    """What will keep a service from its count, or its next update from ending."""

    kind: ClassVar = AdviceKind.PLACEMENT
    service: str
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class AddressesShort:
    """A network has fewer addresses than it takes, or none, because it has no subnet."""

    use: AddressUse

    @property
    def kind(self) -> AdviceKind:
        """Whether it has no subnet, or too small a one."""
        return AdviceKind.NO_SUBNET if self.use.addresses is None else AdviceKind.ADDRESSES


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedData:
    """A service keeps data in volumes of its node, and may be moved to one of so many `nodes`;
    `where` it lies now, as far as that is known."""

    kind: ClassVar = AdviceKind.TIED_DATA
    service: str
    volumes: tuple[str, ...]
    nodes: int
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMissing:
    """The registry does not have the image of these services, or refuses it.

    `nodes`: where the first service lies, where these are few; `source`: where the bot looks for
    the registry's credentials, where that is known.
    """

    kind: ClassVar = AdviceKind.IMAGE_MISSING
    image: Image
    services: tuple[str, ...]
    refused: bool
    nodes: tuple[str, ...] = ()
    source: LoginSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldLogins:
    """Swarm has stored older credentials with these services than the bot has now.

    Unless that `is_certain`, nobody can say which are stored. `refreshable` are ids and names of
    those that get new ones without a restart.
    """

    source: LoginSource
    services: tuple[str, ...]
    refreshable: tuple[tuple[str, str], ...]
    is_certain: bool

    @property
    def kind(self) -> AdviceKind:
        """Whether it is known that they are old."""
        return AdviceKind.LOGIN_OLD if self.is_certain else AdviceKind.LOGIN_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginMissing:
    """The place that is configured for the credentials of a registry gives none."""

    kind: ClassVar = AdviceKind.LOGIN_MISSING
    source: LoginSource
    services: tuple[str, ...]


# ---- the Swarm


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEnds:
    """The certificate of `name` ends soon, or has ended."""

    kind: ClassVar = AdviceKind.CERTIFICATE
    name: str
    ending: CertificateEnding


@dataclass(frozen=True, slots=True, kw_only=True)
class RootBeingReplaced:
    """The root certificate is being replaced; how far that is, where it is known, and which node
    holds it up."""

    kind: ClassVar = AdviceKind.ROOT_ROTATION
    rotation: RootRotation | None = None
    held_up_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutolockOff:
    """Managers start without an unlock key."""

    kind: ClassVar = AdviceKind.AUTOLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHistoryOdd:
    """So many old tasks are kept of each slot: too many, or none."""

    kind: ClassVar = AdviceKind.TASK_HISTORY
    limit: int
