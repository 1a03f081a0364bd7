"""Signs images as cosign does it with a key pair, and says what then lies in the registry."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


@dataclass(frozen=True)
class Signature:
    """The manifest of an image's signatures, and the blobs that it names, by digest."""

    tag: str
    manifest: bytes
    blobs: dict[str, bytes]


class KeyPair:
    """Somebody's keys."""

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, reference: str, digest: str, claimed: str = "") -> Signature:
        """Sign the image with this digest; `claimed` is another digest that the payload names."""
        payload = json.dumps(
            {
                "critical": {
                    "identity": {"docker-reference": reference},
                    "image": {"docker-manifest-digest": claimed or digest},
                    "type": "cosign container image signature",
                },
                "optional": None,
            }
        ).encode()
        signature = self.private.sign(payload, ec.ECDSA(SHA256()))
        config = b'{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}'
        layer: dict[str, Any] = {
            **_descriptor("application/vnd.dev.cosign.simplesigning.v1+json", payload),
            "annotations": {
                "dev.cosignproject.cosign/signature": b64encode(signature).decode(),
            },
        }
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": _descriptor(OCI_CONFIG, config),
                "layers": [layer],
            }
        ).encode()
        blobs = {digest_of(part): part for part in (payload, config)}
        return Signature(f"{digest.replace(':', '-')}.sig", manifest, blobs)


def digest_of(content: bytes) -> str:
    """The name of a blob in a registry."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
