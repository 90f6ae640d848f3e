"""What clients are told of files that are not taken, and of a store that can't take any."""

from collections.abc import Iterator
from contextlib import contextmanager

from musubi.adapters.storage import StorageFull, StorageUnavailable
from musubi.core.errors import InsufficientStorage, ServiceUnavailable, UnsupportedMediaType
from musubi.core.i18n import Text
from musubi.features.files.inspection import Reason, Refused, TooBusy

TEXTS: dict[Reason, Text] = {
    Reason.UNKNOWN_TYPE: Text("Files of this type are not taken", "この種類のファイルは受け付けていません"),
    Reason.DECLARED_OTHERWISE: Text(
        "The file is declared as another type than its name says", "ファイル名と申告された形式が一致しません"
    ),
    Reason.OTHER_CONTENT: Text("What is in the file is not what its name says", "ファイルの内容が拡張子と一致しません"),
    Reason.UNREADABLE: Text("The file is damaged or not whole", "ファイルが壊れているか不完全です"),
    Reason.TOO_MANY_PIXELS: Text("The picture has too many pixels", "画像の画素数が多すぎます"),
    Reason.MACROS: Text("Documents with macros are not taken", "マクロを含む文書は受け付けていません"),
    Reason.SUSPICIOUS: Text("The file is built like none that is harmless", "安全でない構造のファイルです"),
    Reason.TOO_EXPENSIVE: Text("It takes too much to look into this file", "ファイルの検査に時間がかかりすぎます"),
}
"""Why a file is not taken."""

_BUSY = Text(
    "Too many files are being looked into; try again in a moment",
    "処理が混み合っています。少し待ってからお試しください",
)


def refusal(reason: Reason) -> UnsupportedMediaType:
    """The error that tells why; its details name the reason for programs."""
    return UnsupportedMediaType(TEXTS[reason], details={"reason": reason.value})


@contextmanager
def as_errors() -> Iterator[None]:
    """Makes what inspection and storage raise errors that clients are told."""
    try:
        yield
    except Refused as refused:
        raise refusal(refused.reason) from refused
    except TooBusy as busy:
        raise ServiceUnavailable(_BUSY, headers={"Retry-After": "2"}) from busy
    except StorageFull as full:
        raise InsufficientStorage from full
    except StorageUnavailable as unavailable:
        raise ServiceUnavailable(headers={"Retry-After": "5"}) from unavailable
