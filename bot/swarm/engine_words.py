"""What engines write where neither a status nor a field tells it: the patterns, in this file alone.

Read from moby's sources, with swarmkit, libnetwork, containerd and runc as they are in there, of
Docker 20.10.24, 23.0.6, 26.1.5, 28.5.2, 29.0.0 and 29.7.2. Beside each pattern stands where its
text is written; without a version it is the same in all of them. The whole sentences are a table in
`tests/unit/swarm/test_engine_words.py`. A new version of Docker is looked through here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import CauseKind

# ---- answers that refuse (daemon/cluster, swarmkit/manager)

REFUSED_VERSION = re.compile(r"client version \S{1,20} is too (?:old|new)\b")
"""Status 400, server/middleware/version.go: "client version 1.41 is too old. Minimum supported API
version is 1.44, …" (29.0 to 29.2 want 1.44, all others 1.24 or less, and 1.40 since 29.3); "client
version 1.52 is too new. Maximum supported API version is 1.41"."""

NOT_A_MANAGER = (
    ("encrypted and needs to be unlocked", "locked"),
    ("certificates have expired", "expired"),
    ("Worker nodes can't be used", "worker"),
    # cluster.go, while a manager starts or looks for the others.
    ("Manager is being prepared", "preparing"),
    ("not part of a swarm", "inactive"),
    ("not a swarm manager", "inactive"),
)
"""Status 503, daemon/cluster/errors.go and cluster.go: a part of the text, and the engine's state;
the last ones are parts of the others' sentences too."""

NO_LEADER = "does not have a leader"
"""swarmkit/manager/state/raft: "The swarm does not have a leader. It's possible that too few
managers are online. …"."""

LEADER_LOST = (
    # swarmkit/manager/state/raft: "raft: failed to process the request: node lost leader status".
    "lost leader status",
    # Go's context and gRPC, between a manager and its leader.
    "deadline exceeded",
    "transport is closing",
    "code = Unavailable",
)
"""The change may have happened or not."""

OUT_OF_SEQUENCE = "update out of sequence"
"""swarmkit/manager/controlapi and state/store."""

PORT_TAKEN = re.compile(
    r"port '(?P<port>\d+)' is already in use by service '?(?P<service>[^\s']+)'?"
)
"""swarmkit/manager/controlapi/service.go: "port '80' is already in use by service 'web' (id) as an
ingress port"."""

NAME_TAKEN = re.compile(
    # swarmkit's state/store: "name conflicts with an existing object: service web already exists".
    r"(?:existing object: (\w{1,50}) (\S{1,300}) already exists|"
    # libnetwork: "network with name web already exists".
    r"\b(\w{1,50}) with name (\S{1,300}) already exists)"
)
"""Status 409: kind and name, in the groups of one of both."""

NOT_FOUND = re.compile(
    r"(?P<kind>service|node|network|secret|config|task) (?:(?P<before>\S{1,300}) not found|not "
    r"found: (?P<after>\S+))"
)
"""daemon/cluster/helpers.go and controlapi: "network web not found"; controlapi/service.go for what
a specification names: "secret not found: key"."""

# ---- what an engine passes on from a registry (distribution, containerd's resolver)

REGISTRY_DENIES = (
    "unauthorized",
    "authentication required",
    "no basic auth credentials",
    "access to the resource is denied",
    "pull access denied",
    "forbidden",
    # 29 with containerd's store: "error from registry: denied".
    "registry: denied",
    "denied: ",
    "token has expired",
)
REGISTRY_HAS_NOT = ("manifest unknown", "name unknown", "not found", "does not exist")

# ---- errors of tasks (daemon/cluster/executor/container, libnetwork, runc)


@dataclass(frozen=True, slots=True)
class TaskSign:
    """A text in a task's error, and the kind of cause that it stands for; a group `value` is what
    the cause says of it."""

    pattern: re.Pattern[str]
    kind: CauseKind


EXIT = re.compile(r"non-zero exit \((?P<code>\d+)\)")
"""controller.go: "task: non-zero exit (3)", also with ": dockerexec: unhealthy container"."""
_PROGRAM = r'exec: \\?"(?P<value>[^"\\]{1,300})'
_TAKEN = r"(?:port is already allocated|address already in use)"

TASK_SIGNS = (
    TaskSign(re.compile("unhealthy container"), CauseKind.UNHEALTHY),
    TaskSign(re.compile(r"non-zero exit \(137\)"), CauseKind.KILLED),
    TaskSign(re.compile(r"non-zero exit \((?P<value>\d+)\)"), CauseKind.EXIT_CODE),
    TaskSign(
        re.compile(
            # The kernel's word, by runc.
            "exec format error|"
            # Up to 26 "… was found but does not match the specified platform: wanted …", since 28
            # "… was found but its platform (…) does not match the specified platform (…)".
            "does not match the specified platform|"
            # Since 29.6, where the pull's own error is the task's.
            "no matching manifest for|no match for platform in manifest"
        ),
        CauseKind.OTHER_PLATFORM,
    ),
    # Up to 29.5 all that is left of a failed pull; since 29.6 the pull's own error is the task's.
    TaskSign(re.compile(r"[Nn]o such image"), CauseKind.NOT_PULLED),
    TaskSign(
        re.compile(
            # containerd's store: "failed to resolve reference "…": … not found", "failed to do
            # request: Head "…": dial tcp …".
            r"failed to resolve reference|failed to do request: (?:Head|Get)|"
            # Registries' own words, and those of the graph drivers' store.
            r"manifest unknown|pull access denied|unauthorized: |toomanyrequests: |"
            r'Get "https?://[^"]{1,300}/v2/'
        ),
        CauseKind.NOT_PULLED,
    ),
    # volume/mounts/validate.go, around it "invalid mount config for type "bind": …".
    TaskSign(re.compile(r"bind source path does not exist: (?P<value>.+)"), CauseKind.PATH_MISSING),
    TaskSign(re.compile(r"invalid mount config[^:]*: (?P<value>.*)"), CauseKind.MOUNT_INVALID),
    # 28, libnetwork's bridge: an address, the host's port or a range of them, and the container's
    # end; of a range the port comes first.
    TaskSign(
        re.compile(
            r"failed to bind host port (?P<value>\d{1,5}) for .{1,300}: address already in use"
        ),
        CauseKind.PORT_TAKEN,
    ),
    TaskSign(
        re.compile(
            # 28: "failed to bind host port for 0.0.0.0:8222:172.17.0.2:8080/tcp: …"; 29,
            # libnetwork/portallocator: "failed to bind host port 0.0.0.0:8222/tcp: …".
            r"failed to bind host port (?:for )?(?:\[[\w:.%]{0,60}\]|[0-9.]{0,20})"
            r":(?P<value>\d{1,5})[-:/].{1,300}: address already in use"
        ),
        CauseKind.PORT_TAKEN,
    ),
    # libnetwork/portallocator: "Bind for 0.0.0.0:8080 failed: port is already allocated".
    TaskSign(
        re.compile(r"Bind for \S{0,60}:(?P<value>\d{1,5}) failed: port is already allocated"),
        CauseKind.PORT_TAKEN,
    ),
    # Up to 27, the userland proxy: "listen tcp4 0.0.0.0:80: bind: address already in use".
    TaskSign(
        re.compile(rf":(?P<value>\d{{1,5}})\b[^:]{{0,300}}(?::[^:]{{0,300}})?: {_TAKEN}"),
        CauseKind.PORT_TAKEN,
    ),
    TaskSign(re.compile(_TAKEN, re.IGNORECASE), CauseKind.ADDRESS_TAKEN),
    # runc and Go's os/exec.
    TaskSign(
        re.compile(
            rf"{_PROGRAM}.{{0,2000}}(?:executable file not found|no such file or directory)"
        ),
        CauseKind.PROGRAM_MISSING,
    ),
    TaskSign(
        re.compile(rf"{_PROGRAM}.{{0,2000}}permission denied"), CauseKind.PROGRAM_NOT_EXECUTABLE
    ),
    # adapter.go: "node is missing network attachments, ip addresses may be exhausted".
    TaskSign(re.compile("node is missing network attachments"), CauseKind.NO_ADDRESS_ON_NODE),
    # controller.go, around what the runtime says.
    TaskSign(
        re.compile(r"starting container failed: (?P<value>.*)", re.DOTALL), CauseKind.NOT_STARTED
    ),
)
"""The first that fits counts."""

# ---- why the scheduler finds no node (swarmkit/manager/scheduler)

NO_SUITABLE_NODE = re.compile(r"no suitable node(?: \((?P<reasons>.*)\))?", re.DOTALL)
"""scheduler.go; the reasons are joined by semicolons, the one that excludes most nodes first."""
PLACEMENT_REASON = re.compile(
    r"(?P<nodes>\d+) nodes? (?P<state>not available for new tasks)|(?P<reason>.+?)(?: on "
    r"(?P<on>\d+) nodes?)?"
)
PLACEMENT_KINDS = {
    "unsupported platform": CauseKind.NO_BUILD,
    "scheduling constraints not satisfied": CauseKind.CONSTRAINTS,
    "insufficient resources": CauseKind.RESERVATION,
    "host-mode port already in use": CauseKind.HOST_PORT,
    "missing plugin": CauseKind.PLUGIN_MISSING,
    # Since 23, which has cluster volumes.
    "cannot fulfill requested CSI volume mounts": CauseKind.VOLUME_OUT_OF_REACH,
}
"""filter.go."""
MOST_PER_NODE = "max replicas per node limit exceed"
"""filter.go; the number of nodes does not follow."""

# ---- logs: swarmkit/manager/logbroker

INCOMPLETE_LOG = "incomplete log stream"
"""subscription.go: "warning: incomplete log stream. some logs could not be retrieved for the
following reasons: node … is not available, …"."""
SILENT_NODE = re.compile(r"node (\w+) (?:is not available|disconnected)")
"""broker.go: "node … is not available", "node … disconnected unexpectedly"."""

# ---- an engine that cannot be used (Go's crypto/x509 and tls, OpenSSL here, swarmkit/ca)

LEADER = "leader"
EXPIRED = ("certificate has expired", "not valid after")
"""x509: "certificate has expired or is not yet valid"; swarmkit/ca: "certificate (1 - n1) not valid
after Mon, 02 Mar 2026 …"."""
TLS = ("tls", "ssl", "certificate", "x509")
