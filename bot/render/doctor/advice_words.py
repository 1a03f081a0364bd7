"""Which sentences belong to which kind of advice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.model.advice import Advice
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
from bot.render.doctor import (
    about_logins,
    about_managers,
    about_nodes,
    about_services,
    about_settings,
)
from bot.render.doctor.advice_text import AdviceText

_ALIKE: Mapping[AdviceKind, Callable[[Sequence[str]], AdviceText]] = {
    AdviceKind.MANAGER_UNREACHABLE: about_managers.manager_unreachable,
    AdviceKind.NODE_CLOSED: about_nodes.node_closed,
    AdviceKind.OVER_RESERVED: about_nodes.over_reserved,
    AdviceKind.SINGLE: about_services.single,
    AdviceKind.NO_RESTART: about_services.no_restart,
    AdviceKind.NO_MEMORY_LIMIT: about_services.no_memory_limit,
    AdviceKind.UPDATE_CONTINUE: about_services.update_continue,
    AdviceKind.ALL_AT_ONCE: about_services.all_at_once,
    AdviceKind.HEALTH_CHECK: about_services.health_check,
}


def words(advice: Advice) -> AdviceText:
    """The sentences of a piece of advice."""
    return _WORDS[type(advice.facts)](advice.facts)


def _all_alike(facts: AllAlike) -> AdviceText:
    match facts.kind:
        case AdviceKind.NO_DIGEST:
            return about_services.no_digest(facts.names, facts.image)
        case AdviceKind.LATEST:
            return about_services.latest(facts.names, facts.image)
        case _:
            return _ALIKE[facts.kind](facts.names)


_WORDS: Mapping[type, Callable[[Any], AdviceText]] = {
    AllAlike: _all_alike,
    NoLeader: about_managers.no_leader,
    EngineLocked: about_managers.engine_locked,
    EngineAway: about_managers.engine_away,
    ManagersUnwise: about_managers.managers_unwise,
    NotConnected: about_managers.not_connected,
    LeftOver: about_nodes.left_over,
    NodeAway: about_nodes.node_away,
    NoNodeActive: about_nodes.no_node_active,
    ManagerDrained: about_nodes.manager_drained,
    VersionsDiffer: about_nodes.versions_differ,
    ClockOff: about_nodes.clock_off,
    NoSpareRoom: about_nodes.no_spare_room,
    Skewed: about_nodes.skewed,
    BelowCount: about_services.below_count,
    NeverRan: about_services.never_ran,
    FailAlike: about_services.fail_alike,
    PlacementObstacle: about_services.placement_obstacle,
    AddressesShort: about_services.addresses_short,
    TiedData: about_services.tied_data,
    ImageMissing: about_services.image_missing,
    OldLogins: about_logins.old_logins,
    LoginMissing: about_logins.login_missing,
    CertificateEnds: about_settings.certificate_ends,
    RootBeingReplaced: about_settings.root_being_replaced,
    AutolockOff: about_settings.autolock_off,
    TaskHistoryOdd: about_settings.task_history_odd,
}
