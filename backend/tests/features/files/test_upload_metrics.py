"""What becomes of uploads, and what the storage was asked for meanwhile, is counted."""

from fastapi import FastAPI

from musubi.adapters.storage import StorageUnavailable
from musubi.features.files.context import files_of
from tests.features.files.support import picture, upload
from tests.scraping import Recorded
from tests.support import Actor

UPLOADS, STORAGE = "musubi_uploads_total", "musubi_storage_operations_total"


async def test_a_file_that_is_taken(member: Actor) -> None:
    recorded, content = Recorded(), picture(30, 20)
    assert (await upload(member, "屋上.png", content, "image/png")).status_code == 201
    assert recorded.since(UPLOADS) == 1
    assert recorded.since(UPLOADS, kind="simple", outcome="taken") == 1
    assert recorded.since("musubi_upload_bytes_total", kind="simple") == len(content)
    assert recorded.since("musubi_inspections_total", outcome="good") == 1
    # The file and its thumbnail.
    assert recorded.since(STORAGE, operation="put", outcome="success") == 2
    assert recorded.since("musubi_storage_operation_duration_seconds_count", operation="put") == 2


async def test_a_file_that_is_not_what_it_says(member: Actor) -> None:
    recorded = Recorded()
    assert (await upload(member, "屋上.png", b"no picture at all", "image/png")).status_code == 415
    assert recorded.since(UPLOADS) == 1
    assert recorded.since(UPLOADS, kind="simple", outcome="refused") == 1
    assert recorded.since("musubi_inspections_total", outcome="good") == 0
    assert recorded.since("musubi_inspections_total") == 1


async def test_a_storage_that_is_away(app: FastAPI, member: Actor) -> None:
    class Away:
        async def put_file(self, *_: object) -> None:
            raise StorageUnavailable

    recorded = Recorded()
    files_of(app).storage.storage = Away()  # type: ignore[attr-defined]
    assert (await upload(member, "屋上.png", picture(30, 20), "image/png")).status_code == 503
    assert recorded.since(UPLOADS, kind="simple", outcome="failed") == 1
    assert recorded.since(STORAGE, operation="put", outcome="unavailable") == 1
    assert recorded.since(STORAGE, outcome="success") == 0
