"""Reads the certificate that a server presents at the start of a TLS handshake.

Nothing is verified and no data is sent. A manager presents its certificate before it asks for the
client's, and so does every server that speaks TLS 1.3.
"""

from __future__ import annotations

import socket
import ssl

from bot.swarm.certificates import x509
from bot.swarm.certificates.x509 import Leaf

HANDSHAKE_SECONDS = 2.0


class UnreadableCertificateError(Exception):
    """Why a certificate could not be read, in a few words. Stays inside `bot.swarm`."""


def shown_by(host: str, port: int, tls: str | None = None) -> Leaf:
    """The certificate of the server at this host and port.

    `tls` is a folder with the client certificate to present (`cert.pem`, `key.pem`). Raises
    UnreadableCertificateError.
    """
    try:
        with (
            socket.create_connection((host, port), HANDSHAKE_SECONDS) as plain,
            _context(tls).wrap_socket(plain, server_hostname=host) as secured,
        ):
            return x509.from_der(secured.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError) as error:
        raise UnreadableCertificateError(_reason(error)) from error


def split(address: str, port: int = 0) -> tuple[str, int]:
    """Split `host:port` (IPv6 may be in brackets); `port` is used where the text has none.

    Raises ValueError.
    """
    host, colon, number = address.rpartition(":")
    if not colon or number.endswith("]"):
        host, number = address, str(port)
    return host.strip("[]"), int(number)


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
        return f"no answer within {HANDSHAKE_SECONDS:g} s"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection: {(error.reason or str(error)).replace('_', ' ').lower()}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
