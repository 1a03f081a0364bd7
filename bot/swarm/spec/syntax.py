"""How Docker's flags write what is more than one word: lists of `key=value`, sizes, CPUs; pure.

A reader raises `ValueError` with a phrase that completes "expected …".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from ipaddress import ip_address
from typing import Any

from bot.model.bounds import at_most

Json = dict[str, Any]
LONG_FORM = re.compile(r"\w=\w")
"""What the long form of a flag (`name=value,…`) has, and its short form has not."""
_CONSTRAINT = re.compile(r"\A\s*[\w.\-/]+\s*[=!]=\s*\S.*")
_ULIMIT = re.compile(r"\A(?P<name>[^=]+)=(?P<soft>-1|\d+)(?::(?P<hard>-1|\d+)?)?", re.ASCII)
_MEMORY = re.compile(
    r"\A(?P<whole>\d*)(?P<rest>\.\d*)? ?(?P<unit>[kmgtp]?)(?:i?b)?",
    re.IGNORECASE | re.ASCII,
)
_CPUS = re.compile(
    r"\A(?P<whole>\d*)(?P<rest>(?:\.\d{0,19})?(?:e[+-]?\d)?(?:/\d{1,19})?)",
    re.IGNORECASE | re.ASCII,
)
_MOST_INT64 = (1 << 63) - 1
"""What the Engine API's 64-bit numbers can hold, in the unit of the field."""
_MOST_PEBIBYTES = 8191
_MOST_CPUS = _MOST_INT64 // 1_000_000_000
_TRUTH = {"": True, "1": True, "true": True, "0": False, "false": False}


def fields(text: str) -> list[str]:
    """The fields of one line of CSV, as the CLI reads `--mount`, `--publish` and `--secret`."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        rows = []
    if len(rows) != 1 or not rows[0]:
        raise ValueError("fields separated by commas")
    return rows[0]


def truth(value: str) -> bool:
    """A switch among such fields: nothing, `true` or `1`, `false` or `0`."""
    if value not in _TRUTH:
        raise ValueError("true or false")
    return _TRUTH[value]


def whole(value: str, maximum: int, subject: str) -> int:
    """A number in decimal digits from 0 to `maximum`."""
    number = at_most(value, maximum) if _is_number(value) else None
    if number is None:
        raise ValueError(f"{subject} as a number of at most {maximum}")
    return number


def mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`key=value` texts as a mapping.

    Without `=` the value is empty; the last one of a key counts.
    """
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def key(pair: str) -> str:
    """What stands before the `=`."""
    return pair.partition("=")[0]


def without_empty(values: Mapping[str, Any]) -> Json:
    """Only what is set, as the engine writes it: no empty text, list, mapping, number or False."""
    return {name: value for name, value in values.items() if value}


def host(text: str) -> str:
    """Read `name:address` (or `name=address`, IPv6 also in brackets) as `address name`."""
    name, _, address = text.partition("=") if "=" in text else text.partition(":")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if not name or ":" in name or (address != "host-gateway" and not _is_address(address)):
        raise ValueError("a host and its address, such as db:10.0.0.7")
    return f"{address} {name}"


def address(text: str) -> str:
    """An IP address."""
    if not _is_address(text.strip()):
        raise ValueError("an IP address")
    return str(ip_address(text.strip()))


def spread(text: str) -> Json:
    """A placement preference: `spread=node.labels.zone`."""
    strategy, _, descriptor = text.partition("=")
    if strategy != "spread" or not descriptor:
        raise ValueError("a placement preference such as spread=node.labels.zone")
    return {"Spread": {"SpreadDescriptor": descriptor}}


def constraint(text: str) -> str:
    """A constraint on nodes: `node.labels.zone==a`, `node.role!=manager`."""
    if not _CONSTRAINT.fullmatch(text):
        raise ValueError("a constraint such as node.labels.zone==a or node.role!=manager")
    return text


def ulimit(text: str) -> Json:
    """A limit of the kernel: `nofile=1024:2048`; one number is both the soft and the hard limit."""
    limit = _ULIMIT.fullmatch(text)
    if not limit:
        raise ValueError("a limit such as nofile=1024:2048")
    low, high = _signed(limit["soft"]), _signed(limit["hard"] or limit["soft"])
    if low is None or high is None:
        raise ValueError(f"a limit such as nofile=1024:2048, of at most {_MOST_INT64}")
    if high != -1 and (low > high or low == -1):
        raise ValueError("a limit such as nofile=1024:2048, the soft one not above the hard one")
    return {"Name": limit["name"], "Soft": low, "Hard": high}


def resource(text: str) -> Json:
    """A resource of the operator's own, as a number: `GPU=2`."""
    name, _, count = text.partition("=")
    if not name or not _is_number(count):
        raise ValueError("a resource and how many, such as GPU=2")
    number = at_most(count, _MOST_INT64)
    if number is None:
        raise ValueError(f"a resource and how many, such as GPU=2, of at most {_MOST_INT64}")
    return {"DiscreteResourceSpec": {"Kind": name, "Value": number}}


def capability(text: str) -> str:
    """A capability as the kernel calls it: `net_admin` is `CAP_NET_ADMIN`.

    `ALL` and `RESET` stay.
    """
    name = text.strip().upper()
    return name if name in ("ALL", "RESET") or name.startswith("CAP_") else f"CAP_{name}"


def memory(text: str) -> int:
    """Bytes: `512m`, `1.5GB`, `100KiB`; units of 1024."""
    match = _MEMORY.fullmatch(text.strip())
    if not match or not any(character.isdigit() for character in match[0]):
        raise ValueError("a size such as 512M or 1.5G")
    whole_units = at_most(match["whole"] or "0", _MOST_INT64)
    factor = 1024 ** " kmgtp".index(match["unit"].lower() or " ")
    rest = Fraction(f"0{match['rest']}0" if match["rest"] else 0)
    size = None if whole_units is None else int((whole_units + rest) * factor)
    if size is None or size > _MOST_INT64:
        raise ValueError(f"a size such as 512M or 1.5G, of at most {_MOST_PEBIBYTES}P")
    return size


def swap(text: str) -> int:
    """Bytes of swap; -1 for any amount."""
    return -1 if text.strip() == "-1" else memory(text)


def nano_cpus(text: str) -> int:
    """Billionths of a CPU: `0.5`, `1/4`."""
    match = _CPUS.fullmatch(text.strip())
    too_many = ValueError(f"a number of CPUs, such as 0.5, of at most {_MOST_CPUS}")
    if match and at_most(match["whole"] or "0", _MOST_INT64) is None:
        raise too_many
    try:
        # Fraction takes "1e60000000" for the number that it is, and never comes back.
        nano = Fraction(match[0] if match else "-1") * 1_000_000_000
    except (ValueError, ZeroDivisionError):
        nano = Fraction(-1)
    if nano < 0 or nano.denominator != 1:
        raise ValueError("a number of CPUs, such as 0.5")
    if nano > _MOST_INT64:
        raise too_many
    return int(nano)


def cpus(nano: int) -> str:
    """Billionths of a CPU as a flag writes them: `0.5`."""
    whole_cpus, rest = divmod(nano, 1_000_000_000)
    return f"{whole_cpus}.{rest:09}".rstrip("0").rstrip(".")


def _signed(digits: str) -> int | None:
    """-1, or as many as 64 bits hold; None where it is more."""
    return -1 if digits == "-1" else at_most(digits, _MOST_INT64)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
