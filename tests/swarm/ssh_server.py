"""Debian's own ssh server, unpacked into a folder beside the machine's programs: nothing is
installed, and nobody but the test can log in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playground.processes import run
from tests.swarm.support import eventually

UNPACKED = Path("/var/cache/swarmbot-playground/sshd")
PACKAGES = ("openssh-server", "libwrap0")
HOST = "127.0.0.1"

# It wants a user of its own to be locked in with.
START = """
mount --bind "$1" /etc/passwd
mkdir -p /run/sshd
exec "$2" -D -e -f "$3"
"""


class SshServer:
    """An sshd that takes one key, and a program `ssh` with the configuration for it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._client = shutil.which("ssh")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def programs(self) -> Path:
        """A folder for the PATH, whose `ssh` is the system's, with this configuration instead of
        the user's."""
        return self.folder / "bin"

    def start(self) -> None:
        """Start it where it does not run."""
        if not UNPACKED.exists():
            _unpack()
        self.programs.mkdir(parents=True, exist_ok=True)
        for name in ("host", "person", "stranger"):
            if not (self.folder / name).exists():
                run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        self.knows("host")
        self._write_files()
        files = (self.folder / "passwd", UNPACKED / "usr/sbin/sshd", self.folder / "sshd_config")
        boot = ("sh", "-ec", START, "boot", *map(str, files))
        libraries = ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-*")))
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", *boot],
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
                stdout=log,
                stderr=log,
            )
        eventually(lambda: "listening" in (self.folder / "log").read_text(), 10)

    def knows(self, key: str) -> None:
        """Which key the client takes for the server's: `host` is the right one."""
        public = (self.folder / f"{key}.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[{HOST}]:{self.port} {public}")

    def stop(self) -> None:
        """End it, and with it what goes through it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _write_files(self) -> None:
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress {HOST}\nPidFile none\nUsePAM no\nStrictModes no\n"
            f"HostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/person.pub\n"
            "PasswordAuthentication no\n"
        )
        (self.folder / "ssh_config").write_text(
            f"IdentityFile {self.folder}/person\nIdentitiesOnly yes\n"
            # What the bot itself asks for holds against this.
            f"UserKnownHostsFile {self.folder}/known_hosts\nStrictHostKeyChecking no\n"
        )
        own = "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
        (self.folder / "passwd").write_text(Path("/etc/passwd").read_text() + own)
        program = self.programs / "ssh"
        program.write_text(f'#!/bin/sh\nexec {self._client} -F {self.folder}/ssh_config "$@"\n')
        program.chmod(0o700)


def _unpack() -> None:
    """By the package source of this machine; some seconds."""
    unfinished = UNPACKED.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    download = 'cd "$1"; shift; apt-get download --quiet=2 "$@"'
    run("sh", "-ec", download, "download", str(unfinished), *PACKAGES)
    for package in unfinished.glob("*.deb"):
        run("dpkg-deb", "--extract", str(package), str(unfinished))
    unfinished.rename(UNPACKED)
