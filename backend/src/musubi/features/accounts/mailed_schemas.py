"""What comes back from mails."""

from typing import Annotated

from pydantic import Field, StringConstraints

from musubi.core.text import STORABLE
from musubi.core.types import Input
from musubi.features.accounts.schemas import Email, NewPassword

MailedToken = Annotated[
    str, StringConstraints(min_length=1, max_length=200), STORABLE, Field(description="From behind the `#` of the link")
]


class EmailVerification(Input):
    token: MailedToken


class ForgottenPassword(Input):
    email: Email


class PasswordReset(Input):
    token: MailedToken
    new_password: NewPassword
