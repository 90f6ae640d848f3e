"""`/mail`: the outbox as administrators see it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from musubi.core.database import SessionDep, database_of
from musubi.core.errors import Forbidden, NotFound
from musubi.core.http.route import Route
from musubi.core.i18n import Text
from musubi.core.openapi import errors
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import Permission, Principal, require
from musubi.core.types import Id
from musubi.features import audit
from musubi.features.mail import repository
from musubi.features.mail.content import unseal
from musubi.features.mail.models import MailState
from musubi.features.mail.schemas import MailDetail, MailQuery, MailRead

router = APIRouter(prefix="/mail", tags=["mail"], route_class=Route)

Operator = Annotated[Principal, Depends(require(Permission.SYSTEM_READ))]

_NOT_FOUND = Text("Mail not found", "メールが見つかりません")
_PROTECTED = Text("Only a superuser may read mail to a superuser", "最上位管理者宛のメールは最上位管理者だけが読めます")


@router.get("")
async def list_mail(
    _: Operator, request: Request, response: Response, query: Annotated[MailQuery, Query()]
) -> Collection[MailRead]:
    """Every mail that was written, newest first."""
    page = await repository.list_mails(database_of(request), query)
    return collection(response, [MailRead.model_validate(row, from_attributes=True) for row in page.rows], page.meta)


@router.get("/{mail_id}", responses=errors(NotFound, Forbidden))
async def get_mail(
    principal: Operator, mail_id: Annotated[Id, Path()], request: Request, session: SessionDep
) -> MailDetail:
    """One mail. What it says is there only if no server sends mail; that it was read is in the audit log."""
    row = await repository.get_mail(session, mail_id)
    if row is None:
        raise NotFound(_NOT_FOUND)
    if row.protected and not principal.is_superuser:
        raise Forbidden(_PROTECTED)
    content = None
    if row.state == MailState.KEPT:
        content = unseal(request.app.state.keys, row.sealed)
        await audit.record(session, "mail.read", object_type="mail", object_id=mail_id)
    listed = MailRead.model_validate(row, from_attributes=True)
    return MailDetail(
        **listed.model_dump(), text=content.text if content else None, html=content.html if content else None
    )
