"""Conditional requests (RFC 9110, section 13): ETag, If-Match, If-None-Match."""

import hashlib
import re
from typing import Annotated

from fastapi import Header

from musubi.core.errors import PreconditionFailed

IfMatch = Annotated[str | None, Header(description="Change it only if it is still this version")]
IfNoneMatch = Annotated[str | None, Header(description="Answer 304 if this is still its tag")]

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def entity_tag(version: int, *embedded: object) -> str:
    """The tag of a resource: its version, and a digest of what it shows of others (an owner's name, say)."""
    digest = hashlib.blake2s(repr(embedded).encode(), digest_size=6).hexdigest()
    return f'"{version}-{digest}"'


def is_unchanged(if_none_match: str | None, tag: str) -> bool:
    """Whether the client already holds what `tag` names, and 304 is the answer. Weak tags count: a proxy that
    compresses a reply weakens its tag."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag.strip('"') in _TAG.findall(if_none_match)


def check_not_stale(if_match: str | None, version: int) -> None:
    """Raises PreconditionFailed when `If-Match` names other versions than `version`.

    Only the version counts here: that an owner changed their name meanwhile doesn't make an edit stale.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if str(version) not in {tag.partition("-")[0] for tag in _TAG.findall(if_match)}:
        raise PreconditionFailed
