"""The form of a simple upload: its files go to the spool while they arrive, its fields are few and short."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, ValidationError

from musubi.core.errors import AppError, BadRequest, Invalid, PayloadTooLarge
from musubi.core.http.multipart import Part, read_parts
from musubi.core.i18n import Text
from musubi.core.types import Id, Input
from musubi.features.files.context import MAX_FILE_BYTES, files_of
from musubi.features.files.names import clean_filename
from musubi.features.files.schemas import Description
from musubi.features.files.spool import Spooled, SpoolFile, spooling
from musubi.settings import Settings

REST_BYTES = 64 * 1024
"""Of everything in a form that isn't a file."""

_REQUIRED = Text("This field is required", "入力してください")
_UNKNOWN = Text("This field is not known here", "この項目は指定できません")
_ONLY_ONE = Text("Only one of these can be sent", "1つだけ指定できます")


class FormFields(Input):
    """What may be said of the files."""

    description: Description = ""
    # In a form, what wasn't filled in is empty.
    item_id: Annotated[Id | None, BeforeValidator(lambda value: None if value == "" else value)] = None


@dataclass(slots=True)
class Sent:
    """One file of a form."""

    filename: str
    """As `names.clean_filename` gives it; of one whose name can't be taken, what the client wrote, for its owner to
    know it by."""
    content_type: str
    spooled: Spooled | None = None
    error: AppError | None = None
    """Why it is not even looked into."""

    @property
    def whole(self) -> Spooled:
        """Its bytes. Raises LookupError when they were not kept, because of `error`."""
        if self.spooled is None:
            raise LookupError("nothing is kept of a file that is refused")
        return self.spooled


@dataclass(slots=True)
class UploadForm:
    """A form that arrived."""

    files: list[Sent] = field(default_factory=list)
    fields: FormFields = field(default_factory=FormFields)


@asynccontextmanager
async def arrived_form(
    request: Request, part_name: str, *, max_files: int, too_many: AppError
) -> AsyncIterator[UploadForm]:
    """The form that a request carries, with its files in the spool until the end of the block.

    Raises Invalid for what doesn't belong into it, `too_many` for more files than there may be, and what reading parts
    and spooling raises; only what is wrong with one file alone is told by that.
    """
    async with AsyncExitStack() as stack:
        reader = _Reader(request, stack, part_name, max_files, too_many)
        yield await reader.read()


class _Reader:
    def __init__(
        self, request: Request, stack: AsyncExitStack, part_name: str, max_files: int, too_many: AppError
    ) -> None:
        self._request = request
        self._stack = stack
        self._part_name = part_name
        self._max_files = max_files
        self._too_many = too_many
        self._form = UploadForm()
        self._texts: dict[str, bytes] = {}
        self._text_size = 0
        self._open: SpoolFile | None = None

    async def read(self) -> UploadForm:
        settings: Settings = self._request.app.state.settings
        current: Part | None = None
        limit = self._max_files * MAX_FILE_BYTES + REST_BYTES
        async for part, piece in read_parts(self._request, limit=limit, idle_seconds=settings.upload_idle_seconds):
            if part is not current:
                await self._end_file()
                current = part
                await self._begin(part)
            elif part.name == self._part_name:
                await self._add_to_file(piece)
            else:
                self._add_to_text(part.name, piece)
        await self._end_file()
        if not self._form.files:
            raise Invalid(fields={self._part_name: _REQUIRED})
        self._form.fields = self._read_fields()
        return self._form

    async def _begin(self, part: Part) -> None:
        if part.name == self._part_name:
            # An input for files into which none was put is sent as a file without a name.
            if not part.filename:
                raise Invalid(fields={self._part_name: _REQUIRED})
            if len(self._form.files) == self._max_files:
                raise self._too_many
            await self._begin_file(part, part.filename)
        elif part.name not in FormFields.model_fields or part.filename is not None:
            raise Invalid(fields={part.name if part.name.isprintable() else "?": _UNKNOWN})
        elif part.name in self._texts:
            raise Invalid(fields={part.name: _ONLY_ONE})
        else:
            self._texts[part.name] = b""

    async def _begin_file(self, part: Part, filename: str) -> None:
        try:
            sent = Sent(clean_filename(filename, field=self._part_name), part.content_type)
        except Invalid as error:
            sent = Sent(filename[:100], part.content_type, error=error)
        else:
            spool = spooling(files_of(self._request.app).spool, limit=MAX_FILE_BYTES)
            self._open = await self._stack.enter_async_context(spool)
        self._form.files.append(sent)

    async def _add_to_file(self, piece: bytes) -> None:
        if self._open is not None:
            try:
                await self._open.write(piece)
            except PayloadTooLarge as error:
                await self._open.remove()
                self._open = None
                self._form.files[-1].error = error

    async def _end_file(self) -> None:
        if self._open is not None:
            self._form.files[-1].spooled = await self._open.finish()
            self._open = None

    def _add_to_text(self, name: str, piece: bytes) -> None:
        self._text_size += len(piece)
        if self._text_size > REST_BYTES:
            raise PayloadTooLarge
        self._texts[name] += piece

    def _read_fields(self) -> FormFields:
        try:
            texts = {name: value.decode() for name, value in self._texts.items()}
        except UnicodeDecodeError:
            raise BadRequest from None
        try:
            return FormFields.model_validate(texts)
        except ValidationError as error:
            raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
