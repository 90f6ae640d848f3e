"""Files: what people upload, and give to each other."""

from fastapi import FastAPI

from musubi.adapters.storage import MeasuredStorage, open_storage
from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.features.accounts.events import ProfileImageChanged, UserDeleted
from musubi.features.files import attachments_router, departures, downloads_router, faces, router, uploads_router
from musubi.features.files.clean_up import CLEAN_UP, SWEEP
from musubi.features.files.context import Files
from musubi.features.files.frames import SERVER_FRAMES
from musubi.features.files.holds import HOLD_REMOVALS
from musubi.features.files.inspection import Inspector
from musubi.features.files.links import Links
from musubi.features.files.removal import REMOVE_BYTES
from musubi.features.files.resumable import router as resumable_router
from musubi.features.files.resumable.finishing import FINISH_UPLOAD
from musubi.features.files.spool import Spool
from musubi.features.items.events import ItemDeleted, ItemsHandedOver
from musubi.settings import Settings


def _install(app: FastAPI) -> None:
    settings: Settings = app.state.settings
    app.state.files = Files(
        MeasuredStorage(open_storage(settings)),
        Inspector(
            workers=settings.inspection_workers,
            memory_mib=settings.inspection_memory_mib,
            seconds=settings.inspection_seconds,
        ),
        Links(app.state.keys),
        spool=Spool(settings.data_dir / "spool"),
        quota=settings.file_quota_bytes,
        resumable_max_bytes=settings.resumable_max_bytes,
    )


FEATURE = Feature(
    name="files",
    routers=(
        uploads_router.router,
        resumable_router.router,
        router.router,
        downloads_router.router,
        attachments_router.router,
    ),
    pages=(Page("files", "/files", Text("Files", "ファイル"), "files", 25),),
    handlers={
        UserDeleted: departures.follow_user,
        ItemDeleted: departures.follow_item,
        ItemsHandedOver: departures.hand_over,
        ProfileImageChanged: faces.follow,
    },
    jobs=(REMOVE_BYTES, HOLD_REMOVALS, FINISH_UPLOAD, CLEAN_UP, SWEEP),
    server_frames=SERVER_FRAMES,
    actions=("file.deleted",),
    streams=(*uploads_router.STREAMS, *resumable_router.STREAMS),
    install=_install,
)
