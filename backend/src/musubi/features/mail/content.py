"""What a mail says, and how that lies in the database."""

import json
from typing import NamedTuple

from musubi.core.keyring import KeyRing
from musubi.features.mail.models import MAIL_SEAL


class Content(NamedTuple):
    """The same, twice."""

    text: str
    html: str


def seal(keys: KeyRing, content: Content) -> str:
    return keys.seal(MAIL_SEAL, json.dumps(content._asdict()).encode())


def unseal(keys: KeyRing, sealed: str) -> Content:
    """What `seal` was given. Raises Unreadable."""
    return Content(**json.loads(keys.open(MAIL_SEAL, sealed)))
