"""WebAuthn's side of the server: what authenticators are asked, and whether their answers are right.

Nothing here knows the database. The library is loaded when it is first needed: it takes a moment, and most processes
that start (a migration, a backup) never use it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from musubi.core.errors import Conflict
from musubi.core.i18n import Text
from musubi.features.accounts.models import Passkey, User

_NAME = "Musubi"
# In milliseconds; the tokens that go with the challenges live as long.
_TIMEOUT = 5 * 60 * 1000
# An RSA key of 4,096 bits takes half of it. A stranger's key must not cost more time than that.
_LONGEST_KEY = 1024
_UNAVAILABLE = Text(
    "Passkeys need an address with a name and https (or localhost)",
    "パスキーを使うには、名前のあるアドレスと https（または localhost）が必要です",
)


class NotVerified(Exception):
    """An authenticator's answer that is not right, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an authenticator is asked."""

    challenge: str
    """base64url, to be compared with what comes back."""
    options: dict[str, Any]
    """JSON for the browser; the challenge is in it."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A credential whose making was verified."""

    credential_id: str
    public_key: bytes
    sign_count: int


class RelyingParty:
    """This installation, as authenticators know it: by the name in its address."""

    def __init__(self, public_url: str, origins: Iterable[str]) -> None:
        """`origins` may ask for its passkeys, beside the one of `public_url`. (Browsers let only those do that are at
        the same name, or below it.)"""
        url = urlsplit(public_url)
        self.id = url.hostname or ""
        self._origins = list(dict.fromkeys((_origin(public_url), *map(_origin, origins))))
        is_local = self.id == "localhost" or self.id.endswith(".localhost")
        self.is_available = not _is_address(self.id) and (url.scheme == "https" or is_local)
        """Whether browsers offer passkeys here at all (they don't at an IP address, or without TLS)."""

    def check_available(self) -> None:
        """Raises Conflict where there can be no passkeys."""
        if not self.is_available:
            raise Conflict(_UNAVAILABLE)

    def registration(self, user: User, existing: Sequence[Passkey]) -> Challenge:
        """Asks for a new credential, from an authenticator that has none of `existing`."""
        import webauthn
        from webauthn.helpers import bytes_to_base64url, options_to_json_dict, structs

        options = webauthn.generate_registration_options(
            rp_id=self.id,
            rp_name=_NAME,
            user_id=user_handle(user),
            user_name=user.username,
            user_display_name=user.full_name or user.username,
            timeout=_TIMEOUT,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.PREFERRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(passkey) for passkey in existing],
        )
        return Challenge(bytes_to_base64url(options.challenge), options_to_json_dict(options))

    def assertion(self, allowed: Sequence[Passkey] = ()) -> Challenge:
        """Asks for a signature by one of `allowed`, or by any credential that names its user itself."""
        import webauthn
        from webauthn.helpers import bytes_to_base64url, options_to_json_dict, structs

        options = webauthn.generate_authentication_options(
            rp_id=self.id,
            timeout=_TIMEOUT,
            allow_credentials=[_descriptor(passkey) for passkey in allowed],
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return Challenge(bytes_to_base64url(options.challenge), options_to_json_dict(options))

    def verify_registration(self, credential: dict[str, Any], challenge: str) -> NewKey:
        """The new credential. Raises NotVerified."""
        import webauthn
        from webauthn import helpers

        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=helpers.base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=self._origins,
                require_user_verification=True,
            )
            public_key = verified.credential_public_key
            # A point that is on no curve would only be found at the first sign-in.
            helpers.decoded_public_key_to_cryptography(helpers.decode_credential_public_key(public_key))
        # Parsers of what a stranger sends raise whatever they stumble over.
        except Exception as error:
            raise NotVerified from error
        _check_frame(credential)
        if len(public_key) > _LONGEST_KEY:
            raise NotVerified
        return NewKey(helpers.bytes_to_base64url(verified.credential_id), public_key, verified.sign_count)

    def verify_assertion(self, assertion: dict[str, Any], challenge: str, public_key: bytes) -> int:
        """The authenticator's counter, which is for the caller to judge. Raises NotVerified."""
        import webauthn
        from webauthn import helpers

        try:
            verified = webauthn.verify_authentication_response(
                credential=assertion,
                expected_challenge=helpers.base64url_to_bytes(challenge),
                expected_rp_id=self.id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                # With 0 it is left out of this: a counter that went back means something only under a good signature.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception as error:
            raise NotVerified from error
        _check_frame(assertion)
        return verified.new_sign_count


def user_handle(user: User) -> bytes:
    """What authenticators keep an account under: it says nothing about the person, never changes, and is another one
    in each installation."""
    return hashlib.sha256(f"musubi user {user.id} {user.created_at.isoformat()}".encode()).digest()


def _check_frame(credential: dict[str, Any]) -> None:
    """Raises NotVerified for an answer from inside a frame of another site: we are in none."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    if parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).cross_origin:
        raise NotVerified


def _descriptor(passkey: Passkey) -> Any:
    from webauthn.helpers import base64url_to_bytes, structs

    known = {transport.value for transport in structs.AuthenticatorTransport}
    return structs.PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id),
        transports=[structs.AuthenticatorTransport(name) for name in passkey.transports if name in known],
    )


def _origin(url: str) -> str:
    """Scheme, name and port as browsers write them."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
