"""The bot's own key, which is never in Redis: whoever reads or writes there has not got it.

All replicas share it, for each of them has to open what another one sealed.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import InvalidSettingError

LEAST_CHARACTERS = 32
_BYTES = 32
_VARIABLE = "SWARMBOT_KEY_FILE"
_SECRETS = Path("/run/secrets")
"""Docker mounts secrets there, readable by everybody in the container, and nobody else is there."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Keys:
    """What is derived from the key of the file: one key encrypts, the other one signs."""

    fernet: Fernet = field(repr=False)
    signing: bytes = field(repr=False)

    @classmethod
    def of(cls, master: bytes) -> Self:
        """The two keys of a master key, which is any text that nobody can guess."""
        sealing = base64.urlsafe_b64encode(_derived(master, b"swarmbot seal"))
        return cls(Fernet(sealing), _derived(master, b"swarmbot sign"))

    @classmethod
    def passing(cls) -> Self:
        """Keys that nobody else has and that are gone with the process."""
        return cls.of(secrets.token_bytes(_BYTES))

    @classmethod
    def load(cls, configured: Path | None, data: Path) -> Self:
        """The keys of the configured file, or of `key` under `data`, which is made if need be.

        Raises InvalidSettingError where the file cannot be read or made, is too short, or is open
        to others than its owner.
        """
        path = configured or data / "key"
        try:
            if configured is None and not path.exists():
                _make(path)
            mode = stat.S_IMODE(path.stat().st_mode)
            master = path.read_bytes().strip()
        except OSError as error:
            raise InvalidSettingError(
                _VARIABLE, f"{path} cannot be read or made: {error.strerror}"
            ) from None
        if mode & _OTHERS and not path.is_relative_to(_SECRETS):
            raise InvalidSettingError(
                _VARIABLE, f"{path} is open to others (mode {mode:04o}): chmod 600 {path}"
            )
        if len(master) < LEAST_CHARACTERS:
            raise InvalidSettingError(
                _VARIABLE, f"{path} has to have {LEAST_CHARACTERS} characters at least"
            )
        return cls.of(master)


def _make(path: Path) -> None:
    """Write a new key; where another bot is quicker, its key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)) + b"\n")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=purpose).derive(master)
