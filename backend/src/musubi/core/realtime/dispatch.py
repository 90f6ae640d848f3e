"""From what a client sent to what is done about it."""

from collections.abc import Iterable
from typing import Any

import structlog
from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_core import from_json

from musubi.core import metrics
from musubi.core.clock import utcnow
from musubi.core.database import is_unavailable
from musubi.core.errors import AppError, BadRequest, InternalServerError, Invalid, RateLimited, ServiceUnavailable
from musubi.core.feature import Feature, FrameHandler
from musubi.core.http.validation import describe_errors
from musubi.core.i18n import Text
from musubi.core.realtime.contract import client_frame_adapter
from musubi.core.realtime.frames import ClientFrame, Error, Ping, Pong
from musubi.core.realtime.socket import Socket
from musubi.core.reporting import report

log = structlog.get_logger("musubi.realtime")

_NOT_JSON = Text("This is not valid JSON", "正しいJSONではありません")
_NOT_AN_OBJECT = Text("Send a JSON object with a type", "typeを持つJSONオブジェクトを送ってください")
_UNKNOWN = Text("Unknown type: {type}", "不明なtypeです: {type}")


async def _pong(_app: FastAPI, socket: Socket, _frame: Ping) -> None:
    socket.send(Pong(timestamp=utcnow()))


class Dispatcher:
    """Knows what each frame that a client may send means."""

    def __init__(self, app: FastAPI, features: Iterable[Feature]) -> None:
        features = tuple(features)
        self._app = app
        self._adapter = client_frame_adapter(features)
        self._handlers: dict[type[ClientFrame], FrameHandler] = {Ping: _pong}
        for feature in features:
            self._handlers |= feature.client_frames

    async def __call__(self, socket: Socket, text: str) -> None:
        """Do what `text` says, or answer with an `error`. It raises nothing."""
        metrics.live_received.inc()
        try:
            frame = self._adapter.validate_json(text)
        except ValidationError as error:
            socket.send(_complaint(error, text))
            return
        await self.serve(socket, frame)

    async def serve(self, socket: Socket, frame: ClientFrame) -> None:
        """Do what a frame says, or answer with an `error`. It raises nothing."""
        try:
            await self._handlers[type(frame)](self._app, socket, frame)
        except AppError as error:
            socket.send(_described(error, frame.cid))
        except Exception as error:
            if is_unavailable(error):
                log.warning("frame not served: the database is away", type=frame.type, error=type(error).__name__)
                socket.send(_described(ServiceUnavailable(), frame.cid))
            else:
                log.exception("frame failed", type=frame.type, conn_id=socket.conn_id)
                report(self._app, error, where=f"frame {frame.type}", conn_id=socket.conn_id)
                socket.send(_described(InternalServerError(), frame.cid))


def refusal_of_bytes() -> Error:
    """The answer to a binary message."""
    return _described(BadRequest(_NOT_AN_OBJECT), None)


def refusal_of_haste() -> Error:
    """The answer to more frames than a connection may send."""
    return _described(RateLimited(), None)


def _described(error: AppError, cid: str | None) -> Error:
    return Error(code=error.code, message=error.message.render(), cid=cid, details=error.rendered_details())


def _complaint(error: ValidationError, text: str) -> Error:
    """What was wrong with a frame, without what it said."""
    complaints = error.errors(include_url=False, include_input=False)
    kind, context = complaints[0]["type"], complaints[0].get("ctx", {})
    if kind == "json_invalid":
        return _described(BadRequest(_NOT_JSON), None)
    if kind == "union_tag_invalid":
        # It may be as long as a frame, and holds whatever the client put there.
        name = str(context["tag"])[:50]
        return Error(code=Invalid.code, message=_UNKNOWN.render(None, type=name), cid=_cid_in(text))
    if kind in ("union_tag_not_found", "dict_type", "model_attributes_type"):
        return Error(code=Invalid.code, message=_NOT_AN_OBJECT.render(), cid=_cid_in(text))
    fields = describe_errors([{**complaint, "loc": complaint["loc"][1:]} for complaint in complaints])["fields"]
    message = Invalid.text.render() + ": " + "; ".join(f"{name}: {what}" for name, what in list(fields.items())[:5])
    return Error(code=Invalid.code, message=message, cid=_cid_in(text), details={"fields": fields})


def _cid_in(text: str) -> str | None:
    """What the client calls the frame that can't be read otherwise."""
    value: Any = from_json(text)
    cid = value.get("cid") if isinstance(value, dict) else None
    return cid[:64] if isinstance(cid, str) else None
