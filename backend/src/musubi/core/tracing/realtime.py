"""A span for each frame of a live connection."""

from opentelemetry.trace import SpanKind

from musubi.core import context
from musubi.core.realtime.dispatch import Dispatcher
from musubi.core.realtime.frames import ClientFrame, Ping
from musubi.core.realtime.socket import Socket
from musubi.core.tracing.tracing import Tracing


def trace_frames(dispatcher: Dispatcher, tracing: Tracing) -> None:
    """Make each frame that asks for something a trace of its own: a connection lasts for hours."""
    serve = dispatcher.serve

    async def traced(socket: Socket, frame: ClientFrame) -> None:
        if isinstance(frame, Ping):
            await serve(socket, frame)
            return
        attributes = {
            "musubi.conn_id": socket.conn_id,
            # Of the handshake: the lines that this connection logs have it, too.
            "musubi.request_id": context.request_id.get() or "",
            "user.id": str(socket.principal.user_id),
        }
        with tracing.span(f"frame {frame.type}", attributes, kind=SpanKind.SERVER):
            await serve(socket, frame)

    dispatcher.serve = traced  # type: ignore[method-assign]
