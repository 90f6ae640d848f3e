"""Where mail is handed over, written as a URL; and what can stand there as its sender."""

from dataclasses import dataclass, field
from email.utils import getaddresses
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from musubi.core.addresses import is_loopback

_FORM: Final = "smtp://user:password@host:587 or smtps://user:password@host:465"
_OPTIONS: Final = frozenset({"starttls", "ca"})


class Encryption(StrEnum):
    """How the connection to a mail server is protected. Its certificate is checked either way."""

    TLS = "tls"
    """From the first byte."""
    STARTTLS = "starttls"
    """Before anything of a mail is said; a server that doesn't offer it gets none."""
    NONE = "none"
    """Not at all, for a server on the same machine."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server, and how to speak to it."""

    host: str
    port: int
    encryption: Encryption
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    """A file with the authorities to trust, in the place of the system's."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The server that a URL names. Raises ValueError, whose text never repeats the password."""
        try:
            url = urlsplit(text)
            host, port = url.hostname, url.port
            options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        except ValueError:
            raise ValueError(f"must be written like {_FORM}") from None
        if url.scheme not in ("smtp", "smtps") or not host or url.path not in ("", "/") or url.fragment:
            raise ValueError(f"must be written like {_FORM}")
        if options.keys() - _OPTIONS:
            raise ValueError(f"knows the options {', '.join(sorted(_OPTIONS))} and no other")
        encryption = _encryption(url.scheme, options.get("starttls"))
        username = unquote(url.username) if url.username else None
        password = unquote(url.password) if url.password else None
        if (username is None) != (password is None):
            raise ValueError("needs both a user and a password, or neither")
        if encryption is Encryption.NONE and username is not None and not is_loopback(host):
            raise ValueError("would send the password in clear: starttls=never with a user is for this machine only")
        default_port = 465 if encryption is Encryption.TLS else 587
        return cls(host, port or default_port, encryption, username, password, _ca_file(options.get("ca")))


def parse_smtp_url(value: Any) -> Any:
    """The server in a text; anything else as it is. Raises ValueError."""
    return SmtpServer.parse(value) if isinstance(value, str) else value


def is_sender(text: str) -> bool:
    """Whether mail can be from `text`: an address, or a name and an address in angle brackets."""
    if not text.isprintable() or len(getaddresses([text])) != 1:
        return False
    [(_, address)] = getaddresses([text])
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and address.isascii() and not set(address) & set(' <>",;:')


def _encryption(scheme: str, starttls: str | None) -> Encryption:
    if starttls not in (None, "always", "never"):
        raise ValueError("starttls is always (which it is anyway) or never")
    if scheme == "smtps":
        if starttls is not None:
            raise ValueError("smtps:// is encrypted from the first byte: leave starttls out")
        return Encryption.TLS
    return Encryption.NONE if starttls == "never" else Encryption.STARTTLS


def _ca_file(text: str | None) -> Path | None:
    if text is None:
        return None
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"ca: there is no file {text}")
    return path
