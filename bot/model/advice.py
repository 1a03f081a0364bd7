"""A finding of the doctor, and how severe it is."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.advice_facts import (
    AddressesShort,
    AllAlike,
    AutolockOff,
    BelowCount,
    CertificateEnds,
    ClockOff,
    EngineAway,
    EngineLocked,
    FailAlike,
    ImageMissing,
    LeftOver,
    LoginMissing,
    ManagerDrained,
    ManagersUnwise,
    NeverRan,
    NodeAway,
    NoLeader,
    NoNodeActive,
    NoSpareRoom,
    NotConnected,
    OldLogins,
    PlacementObstacle,
    RootBeingReplaced,
    Skewed,
    TaskHistoryOdd,
    TiedData,
    VersionsDiffer,
)
from bot.model.advice_kind import AdviceKind
from bot.model.incident import Severity

AdviceFacts = (
    AllAlike
    | NoLeader
    | EngineLocked
    | EngineAway
    | ManagersUnwise
    | NotConnected
    | LeftOver
    | NodeAway
    | NoNodeActive
    | ManagerDrained
    | VersionsDiffer
    | ClockOff
    | NoSpareRoom
    | Skewed
    | BelowCount
    | NeverRan
    | FailAlike
    | PlacementObstacle
    | AddressesShort
    | TiedData
    | ImageMissing
    | OldLogins
    | LoginMissing
    | CertificateEnds
    | RootBeingReplaced
    | AutolockOff
    | TaskHistoryOdd
)


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that is wrong, risky or could be better now, as the doctor finds it."""

    severity: Severity
    facts: AdviceFacts

    @property
    def kind(self) -> AdviceKind:
        """What it is about."""
        return self.facts.kind
