"""An authenticator made of software, and the browser around it: makes passkeys and signs with them (WebAuthn Level 3).

What it says can be made wrong, one thing at a time, by setting its fields.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _HAS_CREDENTIAL = 0x01, 0x04, 0x40

Json = dict[str, Any]


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """A passkey, private half included."""

    id: bytes
    key: ec.EllipticCurvePrivateKey
    user_handle: bytes

    def cose(self) -> bytes:
        """The public key (RFC 9052): ES256 on P-256."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


@dataclass
class Authenticator:
    """One device of one person."""

    origin: str = "http://localhost:8000"
    rp_id: str | None = None
    """Signed for instead of what the options say."""
    challenge: str | None = None
    """Signed instead of the one in the options."""
    verifies_user: bool = True
    is_present: bool = True
    is_framed: bool = False
    """Whether the page is in a frame of another site."""
    tells_user: bool = True
    counter: int | None = 0
    """None: it doesn't count, as synchronized passkeys don't."""
    credentials: list[Credential] = field(default_factory=list)

    def make(self, options: Json, *, credential_id: bytes | None = None) -> Json:
        """What `navigator.credentials.create()` gives, as `toJSON()` has it."""
        credential = Credential(
            credential_id or secrets.token_bytes(32),
            ec.generate_private_key(ec.SECP256R1()),
            decode(options["user"]["id"]),
        )
        self.credentials.append(credential)
        attested = bytes(16) + len(credential.id).to_bytes(2, "big") + credential.id + credential.cose()
        data = self._data(options["rp"]["id"], _HAS_CREDENTIAL) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            credential,
            {
                "clientDataJSON": encode(self._client_data("webauthn.create", options)),
                "attestationObject": encode(attestation),
                "transports": ["internal", "hybrid"],
                # Browsers add these; a server that parses the attestation needs none of them.
                "authenticatorData": encode(data),
                "publicKeyAlgorithm": -7,
            },
        )

    def sign(self, options: Json, credential: Credential | None = None) -> Json:
        """What `navigator.credentials.get()` gives: with `credential`, else one that the options allow."""
        allowed = {each["id"] for each in options.get("allowCredentials", ())}
        chosen = credential or next(each for each in self.credentials if not allowed or encode(each.id) in allowed)
        if self.counter is not None:
            self.counter += 1
        data = self._data(options["rpId"])
        client_data = self._client_data("webauthn.get", options)
        signature = chosen.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            chosen,
            {
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(chosen.user_handle) if self.tells_user else None,
            },
        )

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        flags |= (_PRESENT if self.is_present else 0) | (_VERIFIED if self.verifies_user else 0)
        rp_hash = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        return rp_hash + bytes([flags]) + (self.counter or 0).to_bytes(4, "big")

    def _client_data(self, kind: str, options: Json) -> bytes:
        return json.dumps(
            {
                "type": kind,
                "challenge": self.challenge or options["challenge"],
                "origin": self.origin,
                "crossOrigin": self.is_framed,
            }
        ).encode()

    def _credential(self, credential: Credential, response: Json) -> Json:
        return {
            "id": encode(credential.id),
            "rawId": encode(credential.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
