"""Reads a certificate's subject and validity from its DER form; pure.

Python's `ssl` reports them only for certificates that it has verified, and an expired one is
exactly the one to report.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----[\s\w+/=]+-----END CERTIFICATE-----")
_SET, _OBJECT, _VERSION = 0x31, 0x06, 0xA0
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate's subject and validity.

    For a node of a Swarm, `name` is the node id, `unit` the role, and `organization` the Swarm's
    id.
    """

    name: str
    unit: str
    organization: str
    begins: datetime
    ends: datetime


def from_pem(text: str) -> Leaf:
    """The first certificate in a PEM text, which is the leaf of a chain. Raises ValueError."""
    match = _BLOCK.search(text)
    if not match:
        raise ValueError("no certificate is in it")
    return from_der(ssl.PEM_cert_to_DER_cert(match[0]))


def from_der(der: bytes) -> Leaf:
    """A certificate in its binary form. Raises ValueError."""
    try:
        _, certificate = next(_parts(der))
        _, content = next(_parts(certificate))
        fields = [part for part in _parts(content) if part[0] != _VERSION]
        # Serial number, algorithm, issuer, validity, subject: RFC 5280, 4.1.
        begins, ends = (_time(*part) for part in _parts(fields[3][1]))
        names = dict(_names(fields[4][1]))
    except (StopIteration, IndexError) as error:
        raise ValueError("it is not a certificate") from error
    return Leaf(names.get("CN", ""), names.get("OU", ""), names.get("O", ""), begins, ends)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one after the other."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("it is cut off")
        yield tag, data[at : at + length]
        at += length


def _names(subject: bytes) -> Iterator[tuple[str, str]]:
    for tag, group in _parts(subject):
        for _, pair in _parts(group) if tag == _SET else ():
            (kind, key), (_, value) = _parts(pair)
            if kind == _OBJECT and key in _NAMES:
                yield _NAMES[key], value.decode(errors="replace")


def _time(tag: int, value: bytes) -> datetime:
    digits = value.decode("ascii").removesuffix("Z")
    if tag == _UTC_TIME:
        # RFC 5280: two digits mean 1950 to 2049.
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    elif tag != _GENERAL_TIME:
        raise ValueError("it has no dates")
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
