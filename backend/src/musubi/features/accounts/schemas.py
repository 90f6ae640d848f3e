"""Accounts as the contract has them."""

from typing import Annotated, Literal, Self

import email_validator
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from musubi.core.permissions import Permission, Principal, Role
from musubi.core.text import STORABLE, TRIMMED, fold, normalize
from musubi.core.types import Id, Input, Timestamp, omitted
from musubi.features.accounts.models import User
from musubi.features.accounts.passwords import MAX_LENGTH, MIN_LENGTH, RULE

MAX_USERNAME = 50
MAX_EMAIL = 100

# Addresses inside a company network are as good as any; this list is the library's switch for it.
if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")


def _email(value: str) -> str:
    try:
        address = validate_email(
            value, check_deliverability=False, globally_deliverable=False, test_environment=True
        ).normalized
    except EmailNotValidError:
        address = None
    # Measured again: one character of what was sent can become as many as eighteen.
    if address is None or max(len(address), len(fold(address))) > MAX_EMAIL:
        texts = {"en": "This is not an e-mail address", "ja": "メールアドレスの形式が正しくありません"}
        raise PydanticCustomError("email", "This is not an e-mail address", {"texts": texts})
    return address


def _normalized(value: object) -> object:
    # NFKC makes one character of four at the most, so a text longer than that is too long either way. It must not be
    # normalized to find out: a megabyte of accents takes minutes.
    if isinstance(value, str) and len(value.strip()) <= 4 * MAX_USERNAME:
        return normalize(value.strip())
    return value


Username = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=MAX_USERNAME, pattern=r"^[\p{L}\p{M}\p{N}_.\-]+$"
    ),
    # Before the length is checked: NFKC can make one character into many.
    BeforeValidator(_normalized),
    Field(
        description="Unique without regard to case",
        json_schema_extra={"x-normalize": "NFKC", **TRIMMED},
        examples=["hanako"],
    ),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_EMAIL),
    AfterValidator(_email),
    STORABLE,
    Field(json_schema_extra={"format": "email", **TRIMMED}, examples=["hanako@example.com"]),
]
FullName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    STORABLE,
    Field(json_schema_extra=TRIMMED, examples=["山田 花子"]),
]
Bio = Annotated[str, StringConstraints(max_length=1000), STORABLE]
NewPassword = Annotated[
    str,
    StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH),
    STORABLE,
    Field(
        description="With an upper-case letter, a lower-case letter and a digit; not a common one, not one's own name",
        json_schema_extra={"format": "password", "x-password-rule": RULE},
        examples=["Tsubaki-7-kaze"],
    ),
]
KnownPassword = Annotated[
    str, StringConstraints(max_length=1000), STORABLE, Field(json_schema_extra={"format": "password"})
]
"""A password that is compared, not set: the rule of its day may have been another."""


class UserBrief(BaseModel):
    """What everyone signed in may know of a user."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    username: str
    full_name: str | None
    profile_image: str | None


class UserRead(UserBrief):
    """An account as its owner and administrators see it."""

    email: str
    bio: str | None
    role: Role
    is_active: bool
    is_superuser: bool
    email_verified: bool
    created_at: Timestamp
    updated_at: Timestamp
    created_by: int | None
    updated_by: int | None


class Me(UserRead):
    """One's own account, with what one may do."""

    permissions: list[Permission]

    @classmethod
    def of(cls, user: User, principal: Principal) -> Self:
        account = UserRead.model_validate(user)
        return cls(**account.model_dump(), permissions=sorted(principal.permissions))


class Register(Input):
    username: Username
    email: Email
    password: NewPassword
    full_name: FullName | None = None
    bio: Bio | None = None


class FirstSuperuser(Input):
    """The form of the one-time link."""

    token: Annotated[str, StringConstraints(max_length=200), STORABLE, Field(description="From the link")]
    username: Username
    email: Email
    password: NewPassword
    full_name: FullName | None = None


class SetupState(BaseModel):
    needed: Annotated[bool, Field(description="Whether the first superuser is still to be made")]


class UserCreate(Register):
    """An account that an administrator makes for someone."""

    role: Role = Role.MEMBER
    is_active: bool = True
    is_superuser: bool = False


class ProfileUpdate(Input):
    full_name: FullName | None = None
    bio: Bio | None = None
    profile_image: Annotated[str, StringConstraints(max_length=255), STORABLE] | None = None


class UserUpdate(Input):
    full_name: FullName | None = None
    bio: Bio | None = None
    email: Email = omitted()
    role: Role = omitted()
    is_active: bool = omitted()
    is_superuser: bool = omitted()


class PasswordChange(Input):
    current_password: KnownPassword
    new_password: NewPassword


class Credentials(BaseModel):
    """The OAuth2 password form (RFC 6749, 4.3.2). What we have no use for is accepted, as clients send it."""

    grant_type: Annotated[Literal["password"] | None, Field(description="Fixed by OAuth2; may be left out")] = None
    username: Annotated[str, StringConstraints(max_length=200), STORABLE, Field(description="Or the e-mail address")]
    password: KnownPassword
    scope: Annotated[str, StringConstraints(max_length=1000)] = ""
    client_id: Annotated[str | None, StringConstraints(max_length=1000)] = None
    client_secret: Annotated[str | None, StringConstraints(max_length=1000)] = None


class RefreshRequest(Input):
    refresh_token: Annotated[str, StringConstraints(max_length=500), STORABLE]


class TokenReply(BaseModel):
    """A signed-in session."""

    access_token: str
    refresh_token: Annotated[
        str | None,
        Field(description="null with `X-Session-Transport: cookie`: it is in an HttpOnly cookie then"),
    ]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: Annotated[int, Field(description="Seconds until the access token expires")]
    user: Me
