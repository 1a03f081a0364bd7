"""The Swarm's root certificate, and how far its rotation has come.

A node counts as renewed once it holds a certificate of the new root.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.model.cluster import RootCertificate, RootRotation
from bot.swarm.engine import json_lists
from bot.swarm.engine.client import Client, Json
from bot.swarm.engine.port import EnginePool

_ISSUER = ("CertIssuerSubject", "CertIssuerPublicKey")


def certificate(pem: str) -> RootCertificate | None:
    """The facts of the first root certificate in a PEM text; None where none can be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
        certificates = context.get_ca_certs()
        der = context.get_ca_certs(binary_form=True)
    except (ssl.SSLError, ValueError):
        return None
    if not certificates:
        return None
    fields: Mapping[str, Any] = certificates[0]
    return RootCertificate(
        subject=_name(fields["subject"]),
        serial=str(fields["serialNumber"]),
        begins=_time(fields["notBefore"]),
        ends=_time(fields["notAfter"]),
        fingerprint=hashlib.sha256(der[0]).hexdigest(),
    )


def rotation(engines: EnginePool) -> RootRotation:
    """How many nodes have a certificate of the new root; two reads of one manager."""

    def ask(client: Client) -> tuple[Json, list[Json]]:
        return client.swarm(), client.nodes(reader=json_lists.NODE_CERTIFICATES)

    return progress(*engines.call(ask))


def progress(swarm: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> RootRotation:
    """Judge the managers' JSON; pure.

    A node is renewed when the new root has issued its certificate.
    """
    root = swarm.get("TLSInfo") or {}
    running = bool(swarm.get("RootRotationInProgress"))
    outdated = [node for node in nodes if not _renewed(node, root, running)]
    outdated_names = (
        (_host(node), str((node.get("Status") or {}).get("State", ""))) for node in outdated
    )
    return RootRotation(
        running, len(nodes), len(nodes) - len(outdated), tuple(sorted(outdated_names))
    )


def _renewed(node: Mapping[str, Any], root: Mapping[str, Any], running: bool) -> bool:
    own = _description(node).get("TLSInfo") or {}
    issued = all(own.get(key) == root.get(key) for key in _ISSUER)
    return issued and (running or own.get("TrustRoot") == root.get("TrustRoot"))


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
