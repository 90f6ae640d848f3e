"""`/navigation`: which pages the caller may open."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from musubi.core.feature import Feature
from musubi.core.http.route import Route
from musubi.core.pagination import Collection, collection
from musubi.core.permissions import SignedIn

router = APIRouter(tags=["system"], route_class=Route)


class NavigationEntry(BaseModel):
    """A page: the browser application adds its route and shows it in the menu."""

    name: str
    path: str
    title: str
    icon: str
    order: int


@router.get("/navigation")
async def get_navigation(principal: SignedIn, request: Request, response: Response) -> Collection[NavigationEntry]:
    """The pages that the caller may open, in the order of the menu, titled in the caller's language."""
    features: tuple[Feature, ...] = request.app.state.features
    pages = [
        page
        for feature in features
        for page in feature.pages
        if page.permission is None or principal.can(page.permission)
    ]
    entries = [
        NavigationEntry(name=page.name, path=page.path, title=page.title.render(), icon=page.icon, order=page.order)
        for page in sorted(pages, key=lambda page: page.order)
    ]
    return collection(response, entries)
