"""Reading and writing raw ASGI headers."""

from collections.abc import Iterable

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of the header `name` (lower case), or None."""
    return next((value for key, value in scope["headers"] if key == name), None)


def with_defaults(headers: Iterable[tuple[bytes, bytes]], defaults: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """`headers` and those of `defaults` that are not among them."""
    present = list(headers)
    names = {key.lower() for key, _ in present}
    return present + [(key, value) for key, value in defaults.items() if key not in names]
