"""What is limited at the routes of accounts, and by what it counts. Stated at each route, as its policy is.

What can be guessed is limited by its failures, so that nobody is refused for using the application a lot.
"""

from typing import Annotated

from fastapi import Depends

from musubi.core.http.rate_limit import (
    Attempts,
    Limited,
    LimitedAttempts,
    Rule,
    by_address,
    by_both,
    by_what,
)
from musubi.core.limits import DAY, HOUR, MINUTE, Limit
from musubi.core.text import fold

REGISTER = Limited(Limit("register", 20, HOUR))
REFRESH = Limited(Limit("refresh", 600, MINUTE))
"""Generous: an office shares an address, and every tab refreshes."""
SIGN_IN_START = Limited(Limit("sign-in-start", 60, 5 * MINUTE))
"""For what anyone may begin and what leaves a row behind: a challenge for a passkey, the way to a provider."""

SIGN_IN = LimitedAttempts(
    # Whoever goes on as soon as they may waits 30 minutes, then an hour and a half, four hours, and 18.
    Rule(Limit("login", 5, 30 * MINUTE), by_both, is_forgiven=True),
    Rule(Limit("login-2h", 10, 2 * HOUR), by_both, is_forgiven=True),
    Rule(Limit("login-6h", 15, 6 * HOUR), by_both, is_forgiven=True),
    Rule(Limit("login-day", 20, DAY), by_both, is_forgiven=True),
    # One password tried on many accounts, and one account tried from many places.
    Rule(Limit("login-address", 50, 30 * MINUTE), by_address),
    Rule(Limit("login-account", 100, 30 * MINUTE), by_what),
)
SECOND_FACTOR = LimitedAttempts(
    Rule(Limit("second-factor", 10, 5 * MINUTE), by_what),
    # A code has a million values, and whoever gets here knows the password.
    Rule(Limit("second-factor-day", 50, DAY), by_what),
)
PROOF = LimitedAttempts(Rule(Limit("proof", 10, 30 * MINUTE), by_what))
SETUP = LimitedAttempts(Rule(Limit("setup", 10, HOUR), by_address))

FORGOT_PASSWORD = Limited(Limit("forgot-password", 20, HOUR))
FORGOT_PASSWORD_MAILS = LimitedAttempts(Rule(Limit("forgot-password-mails", 5, HOUR), by_what))
VERIFICATION_MAILS = LimitedAttempts(Rule(Limit("verification-mails", 5, HOUR), by_what))
MAILED_TOKEN = Limited(Limit("mailed-token", 30, HOUR))

SignInAttempts = Annotated[Attempts, Depends(SIGN_IN)]
"""`async with attempts.at(account_key(form.username), failure=Unauthorized)` around checking a password."""
SecondFactorAttempts = Annotated[Attempts, Depends(SECOND_FACTOR)]
"""`async with attempts.at(str(user_id), failure=…)` around checking a code at sign-in."""
ProofAttempts = Annotated[Attempts, Depends(PROOF)]
"""`async with attempts.at(str(user_id), failure=…)` around checking the password or a code of someone signed in."""
SetupAttempts = Annotated[Attempts, Depends(SETUP)]
ForgotPasswordMails = Annotated[Attempts, Depends(FORGOT_PASSWORD_MAILS)]
"""`await mails.count(account_key(form.email))`, known or not."""
VerificationMails = Annotated[Attempts, Depends(VERIFICATION_MAILS)]
"""`await mails.count(str(user_id))`."""


def account_key(typed: str) -> str:
    """What attempts at an account count by: the name or address as it was typed, as it is looked up. So an account
    that doesn't exist is limited like one that does."""
    return fold(typed.strip())
