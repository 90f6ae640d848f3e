"""Items: what people write for each other."""

from fastapi import FastAPI

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.features.accounts.events import UserDeleted
from musubi.features.items import live_router, router, service
from musubi.features.items.counts import ItemCounts
from musubi.features.items.frames import SERVER_FRAMES, UpdateItem


def _install(app: FastAPI) -> None:
    app.state.item_counts = ItemCounts(app.state.cache)


FEATURE = Feature(
    name="items",
    routers=(router.router,),
    pages=(
        Page("dashboard", "/", Text("Dashboard", "ダッシュボード"), "layout-dashboard", 10),
        Page("items", "/items", Text("Items", "アイテム"), "list-todo", 20),
    ),
    actions=("item.deleted", "item.updated"),
    handlers={UserDeleted: service.follow_user},
    client_frames={UpdateItem: live_router.update_item},
    server_frames=SERVER_FRAMES,
    install=_install,
)
