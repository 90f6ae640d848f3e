"""Reading a raw ASGI request, writing raw ASGI headers."""

from collections.abc import Iterable

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of the header `name` (lower case), or None."""
    return next((value for key, value in scope["headers"] if key == name), None)


def is_for_the_api(scope: Scope) -> bool:
    """Whether a request is for the API and not for a file or a page: `/api/…`, `/health`, `/health/…`."""
    path: str = scope["path"]
    return path.partition("/")[2].partition("/")[0] in ("api", "health")


def with_defaults(headers: Iterable[tuple[bytes, bytes]], defaults: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """`headers` and those of `defaults` that are not among them."""
    present = list(headers)
    names = {key.lower() for key, _ in present}
    return present + [(key, value) for key, value in defaults.items() if key not in names]
