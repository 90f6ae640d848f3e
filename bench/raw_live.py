"""The other side of the comparison of live connections: the least that telling a room costs through ASGI.

A bare application under the same uvicorn and the same WebSocket library. What one connection says, all are sent, one
after the other, encoded once. It keeps nothing, knows nobody and asks no one who they are.
"""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn


class Application:
    """`/health`, and at every other address the one room that there is."""

    def __init__(self) -> None:
        self._listeners: set[Any] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        self._listeners.add(send)
        try:
            while (message := await receive())["type"] == "websocket.receive":
                said = json.loads(message["text"])
                frame = {"type": "websocket.send", "text": '{"type":"message","content":' + json.dumps(said) + "}"}
                for listener in tuple(self._listeners):
                    await listener(frame)
        finally:
            self._listeners.discard(send)


def main() -> None:
    """Serve at the port in the file that the argument names."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    uvicorn.run(
        Application(),
        port=settings["port"],
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
