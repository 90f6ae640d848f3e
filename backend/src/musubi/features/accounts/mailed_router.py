"""`/auth`: confirming an address and setting a forgotten password, over HTTP."""

from fastapi import APIRouter, Depends, Request

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import BadRequest, Conflict
from musubi.core.http.envelope import Done
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.permissions import SignedIn, public
from musubi.features.accounts import limits, mailed
from musubi.features.accounts.mailed_schemas import EmailVerification, ForgottenPassword, PasswordReset
from musubi.features.accounts.service import accounts_of

router = APIRouter(prefix="/auth", tags=["accounts"], route_class=Route)

_VERIFIED = Text("Your address is confirmed", "メールアドレスを確認しました")
_VERIFICATION_SENT = Text("We have sent you a mail with a link", "リンクを記載したメールをお送りしました")
_RESET_SENT = Text(
    "If there is an account with this address, a mail with a link is on its way",
    "このアドレスのアカウントがあれば、リンクを記載したメールをお送りします",
)
_RESET = Text("Your new password is set: sign in with it", "新しいパスワードを設定しました。ログインしてください")


@router.post("/verify-email", dependencies=[Depends(public), Depends(limits.MAILED_TOKEN)])
async def verify_email(request: Request, session: SessionDep, form: EmailVerification) -> Done:
    """Confirm an address with the token that was mailed to it."""
    await mailed.verify_email(session, accounts_of(request), form.token)
    return Done.now(_VERIFIED.render())


@router.post("/verify-email/send", status_code=202, responses=errors(Conflict))
async def send_verification_email(
    principal: SignedIn, request: Request, session: SessionDep, mails: limits.VerificationMails
) -> Done:
    """Mail the link to confirm one's address again."""
    await mails.count(str(principal.user_id))
    await mailed.ask_for_verification(session, accounts_of(request), principal)
    return Done.now(_VERIFICATION_SENT.render())


@router.post("/forgot-password", status_code=202, dependencies=[Depends(public), Depends(limits.FORGOT_PASSWORD)])
async def forgot_password(
    request: Request, session: SessionDep, mails: limits.ForgotPasswordMails, form: ForgottenPassword
) -> Done:
    """Have a link to set a new password mailed. The answer is the same whether or not there is such an account."""
    await mails.count(limits.account_key(form.email))
    await mailed.ask_for_reset(session, accounts_of(request), request.app.state.keys, form.email)
    return Done.now(_RESET_SENT.render())


@router.post(
    "/reset-password",
    dependencies=[Depends(public), Depends(limits.MAILED_TOKEN)],
    responses=errors(BadRequest),
)
async def reset_password(request: Request, session: SessionDep, form: PasswordReset) -> Done:
    """Set a new password with a mailed token; every session ends."""
    await mailed.reset_password(database_of(request), session, accounts_of(request), form.token, form.new_password)
    return Done.now(_RESET.render())
