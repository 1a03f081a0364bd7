"""Whether somebody who has a private key has signed an image, as cosign does it with keys.

The signatures of `NAME@sha256:DIGEST` are the layers of the manifest with the tag
`sha256-DIGEST.sig` in the same repository. Each layer is a payload in the "simple signing" form,
and its signature stands in an annotation (sigstore/cosign, specs/SIGNATURE_SPEC.md).
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bot.errors import ImageNotFoundError, UnsignedImageError
from bot.model import Image
from bot.model.images import SignatureFault
from bot.registry.reader import DIGEST, RegistryReader

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
KIND = "cosign container image signature"
MOST_SIGNATURES = 20
"""Of one image: further ones are not looked at."""


def verify(reader: RegistryReader, image: Image, key_file: Path) -> None:
    """Return where the image's digest is signed with the key.

    Raises UnsignedImageError where it is not, or where that cannot be known: without a digest, or
    without a readable key; and what the reader raises.
    """
    if not image.digest:
        raise UnsignedImageError(image, SignatureFault.NO_DIGEST)
    key = _key(image, key_file)
    try:
        manifest = reader.manifest(image, f"{image.digest.replace(':', '-')}.sig")
    except ImageNotFoundError:
        raise UnsignedImageError(image, SignatureFault.NONE) from None
    for digest, signature in _signatures(manifest):
        with suppress(ImageNotFoundError):
            payload = reader.blob(image, digest)
            if _is_signed(key, signature, payload) and _signs(payload) == image.digest:
                return
    raise UnsignedImageError(image, SignatureFault.OTHER)


def is_key(text: bytes) -> bool:
    """Whether it is a public key as cosign makes them: ECDSA on the curve P-256, in PEM."""
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _key(image: Image, key_file: Path) -> ec.EllipticCurvePublicKey:
    try:
        text = key_file.read_bytes()
    except OSError:
        text = b""
    if not is_key(text):
        raise UnsignedImageError(image, SignatureFault.KEY)
    key = load_pem_public_key(text)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _signatures(manifest: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Digest of the payload, and signature."""
    layers = manifest.get("layers")
    for layer in layers[:MOST_SIGNATURES] if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or layer.get("mediaType") != PAYLOAD:
            continue
        annotations = layer.get("annotations")
        written = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
        digest = str(layer.get("digest"))
        if not DIGEST.fullmatch(digest):
            continue
        try:
            yield digest, b64decode(str(written), validate=True)
        except (Error, ValueError):
            continue


def _is_signed(key: ec.EllipticCurvePublicKey, signature: bytes, payload: bytes) -> bool:
    try:
        key.verify(signature, payload, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _signs(payload: bytes) -> str:
    """The digest that the payload is about; empty where it is about something else."""
    try:
        critical = json.loads(payload)["critical"]
        signed = critical["image"]["docker-manifest-digest"] if critical["type"] == KIND else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return str(signed)
