"""Items over a live connection."""

from typing import Annotated, Literal

from pydantic import Field

from musubi.core.realtime.frames import ClientFrame, ServerFrame
from musubi.core.types import Id, omitted
from musubi.features.items.models import ItemStatus
from musubi.features.items.schemas import Description, ItemRead, Tags, Title


class UpdateItem(ClientFrame):
    """The same change as `PATCH /items/{item_id}`; with `version`, only if the item still has it. The answer is
    `item_saved`."""

    type: Literal["item_updated"] = "item_updated"
    item_id: Id
    version: Annotated[int, Field(ge=1)] | None = None
    title: Title = omitted()
    description: Description = omitted()
    status: ItemStatus = omitted()
    tags: Tags = omitted()


class ItemSaved(ServerFrame):
    """The change that carried this `cid` is committed."""

    type: Literal["item_saved"] = "item_saved"
    cid: str | None
    item_id: int
    version: int


class ItemCreated(ServerFrame):
    type: Literal["item_created"] = "item_created"
    item_id: int
    version: int
    data: ItemRead


class ItemUpdated(ServerFrame):
    """An item changed, or can be read from now on. Apply it if `version` is higher than that of what is shown."""

    type: Literal["item_updated"] = "item_updated"
    item_id: int
    version: int
    data: ItemRead


class ItemDeleted(ServerFrame):
    """An item is gone, or can't be read any more."""

    type: Literal["item_deleted"] = "item_deleted"
    item_id: int
    version: int
    data: None = None


SERVER_FRAMES = (ItemSaved, ItemCreated, ItemUpdated, ItemDeleted)
