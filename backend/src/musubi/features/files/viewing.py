"""The policy of what is downloaded: by a signed link, or signed in as everywhere else."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request

from musubi.core import context
from musubi.core.database import database_of
from musubi.core.errors import Forbidden, Unauthorized
from musubi.core.i18n import Text
from musubi.core.permissions import Policy, Principal, caller_of
from musubi.features.accounts.sessions import Sessions
from musubi.features.files.context import files_of
from musubi.features.files.links import BadLink, Variant

_BAD_LINK = Text("This link is not valid, or not any longer", "このリンクは無効か、有効期限が切れています")

LinkPart = Annotated[str | None, Query(description="Of a signed link, which needs no token")]


@dataclass(frozen=True, slots=True)
class Viewing(Policy):
    """Lets in whoever a signed link was made for, as long as their session is alive; and without a link, whoever is
    signed in. What they may read then is for the route to find out, the same for both.

    Raises Forbidden for a link that is no good, Unauthorized when there is neither link nor token.
    """

    variant: Variant = Variant.FILE
    parameter: str = "stored_name"
    """What the path calls the name of what is downloaded."""

    async def __call__(
        self, request: Request, session: LinkPart = None, expires: LinkPart = None, signature: LinkPart = None
    ) -> Principal:
        if signature is None:
            principal = await caller_of(request)
        else:
            principal = await self._holder(request, session or "", expires or "", signature)
        context.actor_id.set(principal.user_id)
        return principal

    async def _holder(self, request: Request, session: str, expires: str, signature: str) -> Principal:
        """Whose link this is. Raises Forbidden."""
        stored_name: str = request.path_params[self.parameter]
        sessions: Sessions = request.app.state.accounts.sessions
        try:
            claims = files_of(request.app).links.read(self.variant, stored_name, session, expires, signature)
            principal = await sessions.principal_of_session(database_of(request), claims.session_id)
        except (BadLink, Unauthorized):
            raise Forbidden(_BAD_LINK) from None
        request.state.link_expires = claims.expires
        return principal


def link_expires(request: Request) -> int | None:
    """Until when the link of this request is good, in seconds since 1970; None if it came without one."""
    return getattr(request.state, "link_expires", None)
