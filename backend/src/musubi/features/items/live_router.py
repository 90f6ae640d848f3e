"""Items over a live connection: what clients send."""

from fastapi import FastAPI

from musubi.core.database import Database
from musubi.core.realtime.socket import Socket
from musubi.features.items import service
from musubi.features.items.frames import ItemSaved, UpdateItem
from musubi.features.items.schemas import ItemUpdate


async def update_item(app: FastAPI, socket: Socket, frame: UpdateItem) -> None:
    """The same as `PATCH`: only the fields that are sent, and with `version` only if it is still that one.

    Raises NotFound, Forbidden, PreconditionFailed.
    """
    database: Database = app.state.database
    form = ItemUpdate.model_validate(frame.model_dump(include=set(ItemUpdate.model_fields), exclude_unset=True))
    if_match = None if frame.version is None else f'"{frame.version}"'
    async with database.transaction() as session:
        item = await service.update_item(app, session, socket.principal, frame.item_id, form, if_match=if_match)
    socket.send(ItemSaved(cid=frame.cid, item_id=frame.item_id, version=item["version"]))
