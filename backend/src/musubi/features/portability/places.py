"""Where the bytes of archives lie in the storage. Their names are random and never used twice."""

from secrets import token_hex

EXPORTS = "exports/"
IMPORTS = "imports/"


def new_name() -> str:
    """The name of an archive that doesn't exist yet."""
    return token_hex(16)


def export_key(name: str) -> str:
    return EXPORTS + name


def import_key(name: str) -> str:
    return IMPORTS + name
