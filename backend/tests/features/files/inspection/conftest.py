"""What looks at files, for all tests of a module: its process takes longer to start than to look at any of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from musubi.features.files.inspection import Inspected, Inspector, Reason, Refused
from musubi.features.files.types import type_by_name


class Look:
    """Asks about content that no file has yet."""

    def __init__(self, inspector: Inspector, path: Path) -> None:
        self.inspector = inspector
        self._path = path

    async def __call__(self, name: str, content: bytes) -> Inspected:
        """What is found in the content as a file of this name. Raises Refused."""
        file_type = type_by_name(name)
        assert file_type is not None
        self._path.write_bytes(content)
        return await self.inspector.inspect(self._path, file_type)

    async def reason(self, name: str, content: bytes) -> Reason | None:
        """Why it is refused, if it is."""
        try:
            await self(name, content)
        except Refused as refused:
            return refused.reason
        return None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def look(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Look]:
    inspector = Inspector(workers=1, memory_mib=512, seconds=20)
    yield Look(inspector, tmp_path_factory.mktemp("looked_at") / "file")
    await inspector.close()
