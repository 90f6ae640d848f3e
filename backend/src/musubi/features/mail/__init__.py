"""Mail: what the application writes to people, and where it stays until it is sent."""

from fastapi import FastAPI

from musubi.adapters.mail import open_transport
from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.core.permissions import Permission
from musubi.features.mail import models, router
from musubi.features.mail.delivery import CLEAR_MAILS, SEND_MAIL
from musubi.features.mail.mailer import Mailer
from musubi.settings import Settings

__all__ = ["FEATURE", "Mailer", "models"]


def _install(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    app.state.mail_transport = open_transport(settings.smtp_url)
    app.state.mailer = Mailer(app.state.jobs, app.state.keys, sends=settings.smtp_url is not None)


FEATURE = Feature(
    name="mail",
    routers=(router.router,),
    pages=(Page("mail", "/admin/mail", Text("Mail", "メール"), "mail", 93, Permission.SYSTEM_READ),),
    jobs=(SEND_MAIL, CLEAR_MAILS),
    actions=("mail.read",),
    install=_install,
)
