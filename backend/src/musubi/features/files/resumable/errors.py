"""What clients of resumable uploads are told beside what everyone is."""

from musubi.core.errors import AppError, Conflict, Forbidden, NotFound, PayloadTooLarge
from musubi.core.i18n import Text
from musubi.features.files.inspection import Reason
from musubi.features.files.refusals import refusal

NO_SUCH_UPLOAD = Text("Upload not found", "アップロードが見つかりません")
EXPIRED = Text("This upload has expired: begin anew", "アップロードの有効期限が切れました。最初からやり直してください")
OTHER_OFFSET = Text(
    "The upload doesn't go on from here: ask for its offset",
    "アップロードの続きの位置が違います。現在の位置を確認してください",
)
TOO_MANY_UPLOADS = Text(
    "There are too many unfinished uploads: finish or end some first",
    "未完了のアップロードが多すぎます。完了させるか取り消してください",
)
TOO_MANY_PIECES = Text("The upload came in too many pieces", "アップロードの分割数が多すぎます")
NO_FILENAME = Text("Upload-Metadata must have a filename", "Upload-Metadata に filename が必要です")


class ChecksumMismatch(AppError):
    """A status of the protocol's own."""

    status, code = 460, "HTTP_460"
    text = Text("The checksum doesn't match what arrived", "チェックサムが一致しません")


# What can come in the way of a file that was looked into and found good.
_LATE: dict[str, tuple[type[AppError], Text]] = {
    error.code: (error, text)
    for error, text in (
        (PayloadTooLarge, Text("There is not enough room left for this file", "空き容量が足りません")),
        (NotFound, Text("The item that the file was for is gone", "添付先のアイテムがなくなりました")),
        (Forbidden, Text("You can't add files to this item any more", "このアイテムにはもう添付できません")),
        (Conflict, Text("The item has as many files as it may", "このアイテムの添付ファイルは上限に達しています")),
    )
}


def name_of(error: AppError) -> str | None:
    """What a refusal is kept as; None for an error that will pass."""
    reason = error.details.get("reason")
    if reason in {each.value for each in Reason}:
        return str(reason)
    return error.code if error.code in _LATE else None


def refusal_named(name: str) -> AppError:
    """The error that `name_of` gave this name."""
    if name not in _LATE:
        return refusal(Reason(name))
    error, text = _LATE[name]
    return error(text)
