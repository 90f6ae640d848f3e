"""`/people`: whom one may mention, invite or hand something to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from musubi.core.database import database_of
from musubi.core.http.route import Route
from musubi.core.pagination import Collection, Paging, collection
from musubi.core.permissions import SignedIn
from musubi.core.text import STORABLE
from musubi.features.accounts import repository
from musubi.features.accounts.schemas import UserBrief

router = APIRouter(prefix="/people", tags=["accounts"], route_class=Route)


class PeopleQuery(Paging):
    """Whom to list."""

    search: Annotated[
        Annotated[str, StringConstraints(max_length=100), STORABLE] | None,
        Field(description="A substring of name or full name, without regard to case and width"),
    ] = None


@router.get("")
async def list_people(
    _: SignedIn, request: Request, response: Response, query: Annotated[PeopleQuery, Query()]
) -> Collection[UserBrief]:
    """Everyone with an active account, by name."""
    page = await repository.list_people(database_of(request), query, search=query.search)
    return collection(response, [UserBrief.model_validate(row) for row in page.rows], page.meta)
