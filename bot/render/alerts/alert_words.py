"""What each kind of problem is called, while it lasts and when it is over: the same words in
headlines, threads and lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from bot.model import Shortfall
from bot.model.alert_facts import (
    Aftermath,
    AlertKind,
    CertificateEnding,
    EngineUnreachable,
    ExpiringNode,
    ManagerLocked,
    NodeDown,
    ProblemFacts,
    ServiceBelow,
    ServiceCrashing,
)
from bot.model.english import agree, and_more, plural, rounded, seconds
from bot.model.incident import (
    AlertState,
    Incident,
    Problem,
    RecentChange,
    Severity,
    Silence,
)
from bot.render.alerts.alert_reasons import reason
from bot.render.slack.blocks import when
from bot.render.slack.text import escape, prose, sentence, shortened

LONGEST_NAME = 60
NAMED = 8
"""Of more services than these the first are named, and the whole list is a file."""


@dataclass(frozen=True, slots=True)
class _Words:
    now: str
    over: str


_WORDS = {
    AlertKind.NODE_DOWN: _Words("{name} is Down", "{name} is back · was Down {took}"),
    AlertKind.MANAGER_LOCKED: _Words(
        "{name} is a locked manager", "{name} is back · was locked {took}"
    ),
    AlertKind.MANAGER_UNREACHABLE: _Words(
        "{name} is Unreachable as a manager", "{name} is Reachable again · was Unreachable {took}"
    ),
    AlertKind.ENGINE_UNREACHABLE: _Words(
        "The engine {name} cannot be reached",
        "The engine {name} is reached again · was away {took}",
    ),
    AlertKind.QUORUM_AT_RISK: _Words(
        "The quorum is at risk", "The quorum is safe again · was at risk {took}"
    ),
    AlertKind.QUORUM_LOST: _Words(
        "The Swarm has no quorum", "The Swarm has its quorum again · was lost {took}"
    ),
    AlertKind.CERTIFICATE: _Words(
        "The certificate of {name} ends soon", "The certificate of {name} is in order again"
    ),
    AlertKind.NODE_EXPIRING: _Words(
        "{name} is Down, and its certificate ends soon", "{name} is back · was Down {took}"
    ),
    AlertKind.ROOT_ROTATION: _Words(
        "The new root certificate does not reach every node",
        "Every node has the new root certificate · took {took}",
    ),
    AlertKind.SERVICE_BELOW: _Words(
        "{name} is below its count", "{name} is whole again · was below its count {took}"
    ),
    AlertKind.SERVICE_CRASHING: _Words(
        "{name} keeps crashing", "{name} is steady again · kept crashing {took}"
    ),
    AlertKind.ROLLOUT_PAUSED: _Words(
        "The update of {name} is paused",
        "The update of {name} is no longer paused · was paused {took}",
    ),
    AlertKind.ROLLOUT_ROLLED_BACK: _Words(
        "{name} was rolled back", "The rollback of {name} is closed · after {took}"
    ),
    AlertKind.PLACEMENT: _Words(
        "Tasks are spread unevenly", "Tasks are spread evenly again · were not for {took}"
    ),
    AlertKind.REDIS_AWAY: _Words("Redis does not answer", "Redis answers again · was away {took}"),
    AlertKind.SLACK_AWAY: _Words("Slack does not answer", "Slack answers again · was away {took}"),
    AlertKind.REGISTRY_AWAY: _Words(
        "The registry {name} does not answer", "The registry {name} answers again · was away {took}"
    ),
    AlertKind.JOB_HANGS: _Words("The job {name} hangs", "The job {name} runs again · hung {took}"),
    AlertKind.LEADER_MOVED: _Words("{name} leads the Swarm", "{name} leads the Swarm"),
    AlertKind.CHANGED_OUTSIDE: _Words(
        "{name} was changed outside swarmbot", "{name} was changed outside swarmbot"
    ),
}
_MAY_BE_LOCKED = _Words("{name} may be a locked manager", "{name} is back · was away {took}")
_LEFT_OVER = _Words("An old entry of {name} is left over", "The old entry of {name} is gone")
_EXPIRED = _Words(
    "{name} is Down, and its certificate has ended", "{name} is back · was Down {took}"
)
_FAILED = _Words("{name} failed", "{name} is in order again · after {took}")
_RESTARTING = _Words("{name} keeps restarting", "{name} is steady again · kept restarting {took}")
_NO_ENGINE = _Words("No engine can be reached", "Engines are reached again · were away {took}")
_CERTIFICATES = {
    "root": "The root certificate",
    "engine": "The TLS certificate of the engine {name}",
}
_AFTERMATHS = {
    Aftermath.NOTHING: "",
    Aftermath.IDLE: "it runs nothing yet",
    Aftermath.ONLY_GLOBAL: "it runs only global services yet",
    # Its headline says so already.
    Aftermath.GONE: "",
}
_DONE = {
    "deploy": "deployed",
    "rollback": "rolled back",
    "scale": "scaled",
    "create": "created",
    "update": "updated",
}


def mark(incident: Incident, quiet: bool) -> str:
    """The one emoji; `quiet` where somebody cares for it, or does not want to hear of it."""
    if incident.state is AlertState.RESOLVED:
        return "🟢"
    if _is_surely_locked(incident.problems[0]):
        return "🔒"
    if incident.severity is Severity.NOTE:
        return "🔵"
    return "🔴" if incident.severity is Severity.CRITICAL and not quiet else "🟠"


def now_words(problem: Problem) -> str:
    """What is wrong: `node4 is Down`, `web is below its count · 3/4`."""
    own = _own_count(problem)
    count = f" · {own.running}/{own.desired}" if own else ""
    return _words(problem).now.format(name=name_words(problem.name)) + count


def over_words(incident: Incident) -> str:
    """That it is over, and how long it was so: `node4 is back · was Down 3 m 12 s`."""
    worst = incident.problems[0]
    lasted = seconds(((incident.resolved or incident.changed) - incident.since).total_seconds())
    entry = isinstance(worst.facts, NodeDown) and worst.facts.left_over
    if incident.aftermath is Aftermath.GONE and not entry:
        name = name_words(incident.name)
        away = "" if worst.kind is AlertKind.CERTIFICATE else f" · was away {lasted}"
        return f"{name} is no longer part of the Swarm{away}"
    return _words(worst).over.format(name=name_words(worst.name), took=lasted)


@singledispatch
def aftermath_words(aftermath: object) -> str:
    """What remains to be done, as a plain sentence; empty where the headline says it anyway."""
    raise TypeError(f"no words for {aftermath}")


@aftermath_words.register
def _(aftermath: Aftermath) -> str:
    return _AFTERMATHS[aftermath]


@singledispatch
def change_words(change: object) -> str:
    """What somebody changed shortly before, as a plain sentence."""
    raise TypeError(f"no words for {change}")


@change_words.register
def _(change: RecentChange) -> str:
    done = _DONE.get(change.verb.split()[-1] if change.verb else "", "changed")
    return f"{change.service} was {done} by {change.by} {rounded(change.before)} before"


def kind_words(kind: AlertKind, name: str) -> str:
    """The same of something that is no problem of an incident."""
    return _WORDS[kind].now.format(name=name_words(name))


def name_words(name: str) -> str:
    """A name that may be of any length."""
    return escape(shortened(name, LONGEST_NAME))


def silenced_words(silence: Silence) -> str:
    """Who silenced it, and until when."""
    until = f"until {when(silence.until)}" if silence.until else "until it is over"
    return f"silenced by {name_words(silence.by.name)} {until}"


def impact(incident: Incident) -> str:
    """What it does to services: `2 services lose replicas`; empty where it does nothing, or is
    about the service itself."""
    lost = lost_by(incident)
    return (
        f"{plural(len(lost), 'service')} {agree(len(lost), 'loses', 'lose')} replicas"
        if lost
        else ""
    )


def lost_by(incident: Incident) -> tuple[Shortfall, ...]:
    """The services that lose replicas by it, each once, those with nothing left first."""
    by_name = {
        shortfall.service: shortfall
        for problem in incident.problems
        if not _own_count(problem)
        for shortfall in problem.lost
    }
    return tuple(
        sorted(by_name.values(), key=lambda shortfall: (shortfall.running > 0, shortfall.service))
    )


def lost_words(lost: tuple[Shortfall, ...]) -> str:
    """`web 3/4, api 1/2`; of many the first."""
    named = ", ".join(
        f"{name_words(shortfall.service)} {shortfall.running}/{shortfall.desired}"
        for shortfall in lost[:NAMED]
    )
    left = len(lost) - NAMED
    return named + and_more(left)


def cause(problem: Problem) -> str:
    """Why it is so, as a sentence."""
    return prose(sentence(reason(problem.facts, problem.name).cause))


def fix(problem: Problem) -> str:
    """What helps, as a sentence."""
    return prose(sentence(reason(problem.facts, problem.name).fix))


def _own_count(problem: Problem) -> Shortfall | None:
    """The count of the service that it is about; None where it is about something else."""
    return (
        next((lost for lost in problem.lost if lost.service == problem.name), None)
        if _of_service(problem)
        else None
    )


def _of_service(problem: Problem) -> bool:
    return problem.subject.startswith("service:")


def _is_surely_locked(problem: Problem) -> bool:
    return isinstance(problem.facts, ManagerLocked) and not problem.facts.suspected


def _words(problem: Problem) -> _Words:
    match problem.facts:
        case CertificateEnding(certificate=certificate):
            return _certificate(certificate, problem.severity)
        case facts:
            return _special(facts) or _WORDS[problem.kind]


def _special(facts: ProblemFacts) -> _Words | None:
    """The words of a variant of a kind of problem, where it has words of its own."""
    variants = (
        (_MAY_BE_LOCKED, isinstance(facts, ManagerLocked) and facts.suspected),
        (_NO_ENGINE, isinstance(facts, EngineUnreachable) and facts.engines > 1),
        (_LEFT_OVER, isinstance(facts, NodeDown) and facts.left_over),
        (_EXPIRED, isinstance(facts, ExpiringNode) and facts.ended),
        (_FAILED, isinstance(facts, ServiceBelow) and facts.for_good),
        (_RESTARTING, isinstance(facts, ServiceCrashing) and facts.ends_well),
    )
    return next((words for words, fits in variants if fits), None)


def _certificate(kind: str, severity: Severity) -> _Words:
    certificate = _CERTIFICATES.get(kind, "The certificate of {name}")
    ending = "needs renewal now" if severity is Severity.CRITICAL else "ends soon"
    return _Words(f"{certificate} {ending}", f"{certificate} is in order again")
