"""The certificate that a server shows to whoever begins to talk to it: nothing is checked, and
nothing is said.

A manager shows its own before it asks for one, and so does every server that speaks TLS 1.3.
"""

from __future__ import annotations

import socket
import ssl

from bot.swarm.certificates import x509
from bot.swarm.certificates.x509 import Leaf

SECONDS = 2.0


class UnreadableCertificateError(Exception):
    """Why a certificate could not be read, in a few words. Stays inside `bot.swarm`."""


def shown_by(host: str, port: int, tls: str | None = None) -> Leaf:
    """The certificate of the server there; `tls` is a folder with a client certificate to be shown
    to it.

    Raises UnreadableCertificateError.
    """
    try:
        with (
            socket.create_connection((host, port), SECONDS) as plain,
            _context(tls).wrap_socket(plain, server_hostname=host) as secured,
        ):
            return x509.from_der(secured.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError) as error:
        raise UnreadableCertificateError(_reason(error)) from error


def split(address: str, port: int = 0) -> tuple[str, int]:
    """`host:port`, with or without the brackets of IPv6, and with `port` where none is given.
    Raises ValueError."""
    host, colon, given = address.rpartition(":")
    if not colon or given.endswith("]"):
        host, given = address, str(port)
    return host.strip("[]"), int(given)


def _context(tls: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # A certificate that has ended, or that nobody vouches for, is to be read as well.
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if tls:
        folder = tls.rstrip("/")
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:g} s"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection: {(error.reason or str(error)).replace('_', ' ').lower()}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
