"""What the audit and requests for approval keep of an error, in words."""

from __future__ import annotations

import re

_CODE = re.compile(r"(?:[A-Z][a-z]*)+")
_PART = re.compile(r"[A-Z][a-z]*")


def reason(kept: str) -> str:
    """`ImageNotFound` as `image not found`; anything that is no code as it is."""
    if not _CODE.fullmatch(kept):
        return kept
    return " ".join(_PART.findall(kept.removesuffix("Error"))).lower()
