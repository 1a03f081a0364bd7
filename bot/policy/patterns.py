"""What one pattern of names says about another: whether it covers it, or only meets it; pure.

Rules name services by patterns, and so do people who silence alerts or hold services. Time and
space are the product of the two lengths.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

_TOKEN = re.compile(r"\[!?\]?[^\]]{0,300}\]|[^\n]|\n")
_EVERY, _ONE = "*", "?"


def is_pattern(name: str) -> bool:
    """Whether it stands for several names."""
    return any(char in name for char in "*?[")


def covers(wide: str, narrow: str) -> bool:
    """Whether every name that `narrow` stands for fits `wide`.

    False where that is not certain. A plain name stands for itself.
    """
    outer, inner = _tokens(wide), _tokens(narrow)
    # `fits[i][j]`: what is left of `wide` from i on covers what is left of `narrow` from j on.
    fits = [[False] * (len(inner) + 1) for _ in range(len(outer) + 1)]
    fits[len(outer)][len(inner)] = True
    for i in range(len(outer) - 1, -1, -1):
        for j in range(len(inner), -1, -1):
            left = j < len(inner)
            if outer[i] == _EVERY:
                fits[i][j] = fits[i + 1][j] or (left and fits[i][j + 1])
            else:
                fits[i][j] = left and _covers_one(outer[i], inner[j]) and fits[i + 1][j + 1]
    return fits[0][0]


def meets(pattern: str, other_pattern: str) -> bool:
    """Whether some name may fit both. True where that is not certain."""
    first, second = _tokens(pattern), _tokens(other_pattern)
    fits = [[False] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first), -1, -1):
        for j in range(len(second), -1, -1):
            fits[i][j] = _meets_from(first, second, i, j, fits)
    return fits[0][0]


def _meets_from(
    first: Sequence[str], second: Sequence[str], i: int, j: int, fits: Sequence[Sequence[bool]]
) -> bool:
    """Whether the rest of one from i on meets the rest of the other from j on."""
    ended, other_ended = i == len(first), j == len(second)
    if ended and other_ended:
        return True
    if not ended and first[i] == _EVERY:
        return fits[i + 1][j] or (not other_ended and fits[i][j + 1])
    if not other_ended and second[j] == _EVERY:
        return fits[i][j + 1] or (not ended and fits[i + 1][j])
    if ended or other_ended:
        return False
    return _meets_one(first[i], second[j]) and fits[i + 1][j + 1]


def _tokens(pattern: str) -> list[str]:
    return _TOKEN.findall(pattern)


def _covers_one(wide: str, narrow: str) -> bool:
    if narrow == _EVERY:
        return False
    if wide in (_ONE, narrow):
        return True
    return not _stands_for_several(narrow) and fnmatchcase(narrow, wide)


def _meets_one(token: str, other_token: str) -> bool:
    if _stands_for_several(token) and _stands_for_several(other_token):
        return True
    return (
        fnmatchcase(other_token, token)
        if _stands_for_several(token)
        else fnmatchcase(token, other_token)
    )


def _stands_for_several(token: str) -> bool:
    return token == _ONE or len(token) > 1
