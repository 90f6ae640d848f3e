"""The other side of the comparison of uploads: a body that is written to disk as it comes, through ASGI.

A bare application under the same uvicorn. What arrives goes to a file with the blocking calls of the system, which is
synchronized before the answer. It doesn't read the form, hashes and looks into nothing, and knows nobody.
"""

import json
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any

import uvicorn


class Application:
    """Keeps what is posted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = count()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_upload = scope["method"] == "POST"
        if is_upload:
            await self._keep(receive)
        await send(
            {"type": "http.response.start", "status": 201 if is_upload else 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"{}"})

    async def _keep(self, receive: Any) -> None:
        name = self._folder / str(next(self._names))
        with name.with_suffix(".part").open("wb") as file:
            while True:
                message = await receive()
                file.write(message["body"])
                if not message["more_body"]:
                    break
            file.flush()
            os.fsync(file.fileno())
        name.with_suffix(".part").rename(name)


def main() -> None:
    """Serve at the port in the file that the argument names, and keep bodies beside that file."""
    settings_file = Path(sys.argv[1])
    uvicorn.run(
        Application(settings_file.parent),
        port=json.loads(settings_file.read_text())["port"],
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
