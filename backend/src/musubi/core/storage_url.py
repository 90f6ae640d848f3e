"""Where files are kept, written as a URL."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_FORM: Final = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///directory"
_OPTIONS: Final = {
    "s3": frozenset({"endpoint", "region", "allow_http", "virtual_hosted_style_request", "ca"}),
    "gs": frozenset({"endpoint", "allow_http", "ca"}),
    "az": frozenset({"endpoint", "allow_http", "ca"}),
}
_PLACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/(?!$)|$))*")


@dataclass(frozen=True, slots=True)
class StorageUrl:
    """A store, and how to reach it.

    What isn't said here, credentials first of all, a store of the network takes from the variables that are usual
    for it: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, `AWS_REGION` …,
    `GOOGLE_APPLICATION_CREDENTIALS` …, `AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY` …, or from the
    machine that it runs on.
    """

    scheme: str
    """`file`, or the protocol: `s3`, `gs`, `az`."""
    place: str
    """The bucket or container; empty for `file`."""
    path: str
    """What all keys begin with, without slashes around it; for `file` the directory."""
    user: str | None = None
    """An access key (S3) or account (Azure)."""
    password: str | None = field(default=None, repr=False)
    """The secret or key that belongs to it."""
    endpoint: str | None = None
    region: str | None = None
    virtual_hosted_style_request: bool | None = None
    ca: Path | None = None
    """A file with authorities to trust beside the system's."""

    def __str__(self) -> str:
        return f"{self.scheme}://{'/'.join(part for part in (self.place, self.path) if part)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The store that a URL names, such as `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`.

        Raises ValueError, whose text never repeats a secret.
        """
        try:
            url = urlsplit(text)
            options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        except ValueError:
            raise ValueError(f"must be written like {_FORM}") from None
        if url.fragment:
            raise ValueError(f"must be written like {_FORM}")
        if url.scheme == "file":
            return cls("file", "", _directory(url))
        if url.scheme not in _OPTIONS:
            raise ValueError(f"must be written like {_FORM}")
        if options.keys() - _OPTIONS[url.scheme]:
            raise ValueError(
                f"{url.scheme}:// knows the options {', '.join(sorted(_OPTIONS[url.scheme]))} and no other"
            )
        credentials, _, place = url.netloc.rpartition("@")
        prefix = unquote(url.path).strip("/")
        if not _PLACE.fullmatch(place) or not _PREFIX.fullmatch(prefix):
            raise ValueError(f"must be written like {_FORM}; names are of letters, digits and - . _")
        return cls(
            url.scheme,
            place,
            prefix,
            *_credentials(url.scheme, credentials),
            endpoint=_endpoint(options.get("endpoint"), _flag(options, "allow_http")),
            region=options.get("region"),
            virtual_hosted_style_request=_flag(options, "virtual_hosted_style_request"),
            ca=_ca_file(options.get("ca")),
        )


def parse_storage_url(value: Any) -> Any:
    """The store in a text; anything else as it is. Raises ValueError."""
    return StorageUrl.parse(value) if isinstance(value, str) else value


def _directory(url: SplitResult) -> str:
    path = unquote(url.path)
    if url.netloc or url.query or not path.startswith("/") or "\0" in path:
        raise ValueError("a directory is written like file:///srv/files")
    return path


def _credentials(scheme: str, text: str) -> tuple[str | None, str | None]:
    user, _, password = (unquote(part) for part in text.partition(":"))
    if scheme == "gs" and text:
        raise ValueError("gs:// takes no user: name a file in GOOGLE_APPLICATION_CREDENTIALS")
    if scheme == "s3" and bool(user) != bool(password):
        raise ValueError("needs both an access key and its secret, or neither")
    if password and not user:
        raise ValueError("needs the account that the key belongs to")
    return user or None, password or None


def _endpoint(text: str | None, allow_http: bool | None) -> str | None:
    if text is None:
        return None
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.username or url.query or url.fragment:
        raise ValueError("endpoint must be written like https://host:port")
    if url.scheme == "http" and not allow_http:
        raise ValueError("an endpoint with http:// needs allow_http=true")
    return text


def _flag(options: dict[str, str], name: str) -> bool | None:
    text = options.get(name)
    if text not in (None, "true", "false"):
        raise ValueError(f"{name} is true or false")
    return None if text is None else text == "true"


def _ca_file(text: str | None) -> Path | None:
    if text is None:
        return None
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"ca: there is no file {text}")
    return path
