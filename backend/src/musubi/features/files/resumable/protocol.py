"""What the protocol asks of every request that is for an upload, whatever it wants of it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from musubi.core import context
from musubi.core.errors import PreconditionFailed
from musubi.core.http.envelope import error_response
from musubi.core.http.headers import header
from musubi.core.i18n import Text
from musubi.features.files.links import PREFIX

VERSION = "1.0.0"
EXTENSIONS = ("creation", "expiration", "checksum", "termination")
PATH = f"{PREFIX}/resumable"
REQUEST_HEADERS = (
    "Tus-Resumable", "Upload-Checksum", "Upload-Concat", "Upload-Defer-Length", "Upload-Length", "Upload-Metadata",
    "Upload-Offset", "X-HTTP-Method-Override", "X-Requested-With",
)  # fmt: skip
"""What pages of other origins may send. Those of extensions that we don't have are among them: a client is to hear
that, and not that its browser refuses to say why."""
REPLY_HEADERS = (
    "Content-Location", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version",
    "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset",
)  # fmt: skip
"""What they may read."""

# The one is how clients find out what we speak; the other is no method of the protocol, but ours.
_IN_ANY_VERSION = ("OPTIONS", "GET")
_OTHER_VERSION = Text(
    "This version of the tus protocol is not supported", "このバージョンのtusプロトコルには対応していません"
)


class TusProtocol:
    """Below `PATH`: says which version every reply is in, takes the method that `X-HTTP-Method-Override` names for the
    request's own, and answers 412 to other versions of the protocol."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_for_an_upload(scope["path"]):
            await self.app(scope, receive, send)
            return
        context.reply_headers.get()[b"tus-resumable"] = VERSION.encode()
        method = header(scope, b"x-http-method-override")
        if method is not None:
            scope = {**scope, "method": method.decode("latin-1")}
        if scope["method"] not in _IN_ANY_VERSION and header(scope, b"tus-resumable") != VERSION.encode():
            refusal = PreconditionFailed(_OTHER_VERSION, headers={"Tus-Version": VERSION})
            await error_response(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_for_an_upload(path: str) -> bool:
    return path == PATH or path.startswith(f"{PATH}/")
