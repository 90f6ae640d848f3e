"""Second factors, passkeys and proofs, as the contract has them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from musubi.core.text import STORABLE, TRIMMED
from musubi.core.types import Id, Input, Timestamp
from musubi.features.accounts.schemas import KnownPassword
from musubi.features.accounts.second_factors.status import ProofMethod, SecondFactorMethod

Token = Annotated[str, StringConstraints(max_length=200), STORABLE]
Code = Annotated[
    str,
    StringConstraints(max_length=100),
    STORABLE,
    Field(description="Spaces, dashes and case make no difference", examples=["123456", "7k2m9x-qaw4te-hb3d5v-r8pc0n"]),
]
PasskeyName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    STORABLE,
    Field(description="What its owner calls it", json_schema_extra=TRIMMED, examples=["My phone"]),
]
PublicKeyOptions = Annotated[
    dict[str, Any],
    Field(description="JSON that `PublicKeyCredential.parseCreationOptionsFromJSON()` or its like for requests takes"),
]
CredentialId = Annotated[str, StringConstraints(min_length=1, max_length=1400, pattern=r"^[A-Za-z0-9_\-]+$")]


def _base64url(longest: int) -> Any:
    return StringConstraints(min_length=1, max_length=longest, pattern=r"^[A-Za-z0-9_\-]+=*$")


class _FromBrowser(BaseModel):
    """What `PublicKeyCredential.toJSON()` gives (WebAuthn Level 3, 5.1). Browsers may add to it; that is ignored."""

    model_config = ConfigDict(extra="ignore", serialize_by_alias=True)


class AttestationResponse(_FromBrowser):
    client_data: Annotated[str, _base64url(8_000), Field(alias="clientDataJSON")]
    attestation_object: Annotated[str, _base64url(100_000), Field(alias="attestationObject")]
    transports: Annotated[list[Annotated[str, StringConstraints(max_length=30)]], Field(max_length=20)] = []


class NewCredential(_FromBrowser):
    """The credential that an authenticator has just made."""

    id: CredentialId
    raw_id: Annotated[CredentialId, Field(alias="rawId")]
    type: Literal["public-key"]
    response: AttestationResponse


class AssertionResponse(_FromBrowser):
    client_data: Annotated[str, _base64url(8_000), Field(alias="clientDataJSON")]
    authenticator_data: Annotated[str, _base64url(20_000), Field(alias="authenticatorData")]
    signature: Annotated[str, _base64url(10_000)]
    user_handle: Annotated[str | None, StringConstraints(max_length=200), Field(alias="userHandle")] = None


class Assertion(_FromBrowser):
    """What an authenticator has signed."""

    id: CredentialId
    raw_id: Annotated[CredentialId, Field(alias="rawId")]
    type: Literal["public-key"]
    response: AssertionResponse


class MfaChallenge(BaseModel):
    """The password was right, and this account asks for a second factor."""

    mfa_required: Literal[True] = True
    mfa_token: Annotated[str, Field(description="For POST /auth/login/mfa, within five minutes")]
    methods: Annotated[list[SecondFactorMethod], Field(description="What this account can answer with")]


class MfaToken(Input):
    mfa_token: Token


class MfaAnswer(MfaToken):
    method: SecondFactorMethod
    code: Code | None = None
    assertion: Assertion | None = None


class MfaPasskeyOptions(BaseModel):
    options: PublicKeyOptions


class PasskeyOptions(BaseModel):
    """What a browser needs to ask for a passkey."""

    token: Annotated[str, Field(description="Comes back with the answer, within five minutes; good for one")]
    options: PublicKeyOptions


class PasskeyLogin(Input):
    token: Token
    assertion: Assertion


class NewPasskey(Input):
    token: Token
    name: PasskeyName
    credential: NewCredential


class PasskeyUpdate(Input):
    name: PasskeyName


class PasskeyRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: Id
    name: str
    created_at: Timestamp
    last_used_at: Timestamp | None


class LinkedIdentity(BaseModel):
    """An account elsewhere that opens this one."""

    id: Id
    provider: str
    title: str
    email: str | None
    created_at: Timestamp


class TwoFactorState(BaseModel):
    """What one can sign in with, and confirm it."""

    totp: Annotated[bool, Field(description="Whether an authenticator app is set up")]
    recovery_codes_left: int
    passkeys: list[PasskeyRead]
    identities: list[LinkedIdentity]
    has_password: bool


class TwoFactorSummary(BaseModel):
    """The same as administrators see it."""

    totp: bool
    recovery_codes_left: int
    passkeys: int
    identities: int


class TotpSetup(BaseModel):
    secret: Annotated[str, Field(description="To type where there is no camera")]
    uri: Annotated[str, Field(description="`otpauth://…`, what the picture says")]
    qr: Annotated[str, Field(description="A picture to scan, as a `data:image/svg+xml` URI")]


class TotpCode(Input):
    code: Code


class RecoveryCodes(BaseModel):
    recovery_codes: Annotated[list[str], Field(description="Shown this once; each replaces a second factor one time")]


class Proof(Input):
    """What `method` needs, and nothing else: `password`; `code`; or `token` and `assertion`."""

    method: ProofMethod
    password: KnownPassword | None = None
    code: Code | None = None
    token: Token | None = None
    assertion: Assertion | None = None
