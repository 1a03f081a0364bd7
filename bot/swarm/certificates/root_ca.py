"""The Swarm's root certificate, and how far a change to another has come: a node counts once it has
its new certificate."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.model.cluster import RootCertificate, RootRotation
from bot.swarm.engine.client import Client, Json
from bot.swarm.engine.port import EnginePool

_ISSUER = ("CertIssuerSubject", "CertIssuerPublicKey")


def certificate(pem: str) -> RootCertificate | None:
    """What is to be known of the first root certificate in a PEM; None where there is none that can
    be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
        found = context.get_ca_certs()
        der = context.get_ca_certs(binary_form=True)
    except (ssl.SSLError, ValueError):
        return None
    if not found:
        return None
    facts: Mapping[str, Any] = found[0]
    return RootCertificate(
        subject=_name(facts["subject"]),
        serial=str(facts["serialNumber"]),
        begins=_time(facts["notBefore"]),
        ends=_time(facts["notAfter"]),
        fingerprint=hashlib.sha256(der[0]).hexdigest(),
    )


def rotation(engines: EnginePool) -> RootRotation:
    """How far the nodes have come: two reads of one manager."""

    def ask(client: Client) -> tuple[Json, list[Json]]:
        return client.swarm(), client.nodes()

    return progress(*engines.call(ask))


def progress(swarm: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> RootRotation:
    """Judge what the managers say: a node trusts the new root when that issued its certificate;
    pure."""
    wanted = swarm.get("TLSInfo") or {}
    running = bool(swarm.get("RootRotationInProgress"))
    waiting = [node for node in nodes if not _renewed(node, wanted, running)]
    names = ((_host(node), str((node.get("Status") or {}).get("State", ""))) for node in waiting)
    return RootRotation(running, len(nodes), len(nodes) - len(waiting), tuple(sorted(names)))


def _renewed(node: Mapping[str, Any], wanted: Mapping[str, Any], running: bool) -> bool:
    held = _description(node).get("TLSInfo") or {}
    issued = all(held.get(key) == wanted.get(key) for key in _ISSUER)
    return issued and (running or held.get("TrustRoot") == wanted.get("TrustRoot"))


def _description(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("Description") or {}


def _host(node: Mapping[str, Any]) -> str:
    return str(_description(node).get("Hostname") or node["ID"])


def _name(subject: Any) -> str:
    return ", ".join(f"{key}={value}" for part in subject for key, value in part).replace(
        "commonName", "CN"
    )


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
