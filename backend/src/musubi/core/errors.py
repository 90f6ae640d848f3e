"""Errors as clients see them: each class is a status, a stable code and a message in both languages."""

from typing import Any, ClassVar

from musubi.core.i18n import Text


class AppError(Exception):
    """An error that a client is told about. Raise a subclass; the HTTP layer puts it in the envelope."""

    status: ClassVar[int]
    code: ClassVar[str]
    text: ClassVar[Text]

    def __init__(
        self,
        text: Text | None = None,
        *,
        details: dict[str, Any] | None = None,
        fields: dict[str, Text] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.message = text or type(self).text
        self.details = details or {}
        self.fields = fields or {}
        self.headers = headers or {}
        super().__init__(self.message.en)

    def rendered_details(self) -> dict[str, Any]:
        """`details` with the messages of `fields` in the language of the request."""
        if not self.fields:
            return self.details
        return {**self.details, "fields": {name: text.render() for name, text in self.fields.items()}}


class BadRequest(AppError):
    status, code = 400, "BAD_REQUEST"
    text = Text("The request could not be understood", "リクエストを処理できません")


class Unauthorized(AppError):
    status, code = 401, "UNAUTHORIZED"
    text = Text("Could not validate credentials", "認証情報を確認できません")

    def __init__(
        self, text: Text | None = None, *, details: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(text, details=details, headers={"WWW-Authenticate": "Bearer", **(headers or {})})


class Forbidden(AppError):
    status, code = 403, "FORBIDDEN"
    text = Text("Not enough permissions", "権限がありません")


class NotFound(AppError):
    status, code = 404, "NOT_FOUND"
    text = Text("Not found", "見つかりません")


class MethodNotAllowed(AppError):
    status, code = 405, "METHOD_NOT_ALLOWED"
    text = Text("This method is not allowed here", "このメソッドは使えません")


class RequestTimeout(AppError):
    status, code = 408, "HTTP_408"
    text = Text("Nothing more of the request arrived", "リクエストの続きが届きませんでした")


class Conflict(AppError):
    status, code = 409, "CONFLICT"
    text = Text("This conflicts with what is already there", "すでにあるデータと競合しています")


class Gone(AppError):
    status, code = 410, "HTTP_410"
    text = Text("This is not there any more", "これはもうありません")


class PreconditionFailed(AppError):
    status, code = 412, "PRECONDITION_FAILED"
    text = Text("It was changed by someone else meanwhile", "ほかの人が先に変更しました")


class PayloadTooLarge(AppError):
    status, code = 413, "PAYLOAD_TOO_LARGE"
    text = Text("The request body is too large", "送信データが大きすぎます")


class UnsupportedMediaType(AppError):
    status, code = 415, "UNSUPPORTED_MEDIA_TYPE"
    text = Text("This media type is not supported", "この形式には対応していません")


class RangeNotSatisfiable(AppError):
    status, code = 416, "HTTP_416"
    text = Text("The part that was asked for is not there", "指定された範囲はありません")


class Invalid(AppError):
    """A value that is well-formed but not acceptable; name the fields."""

    status, code = 422, "VALIDATION_ERROR"
    text = Text("Some values are not valid", "入力内容に誤りがあります")


class RateLimited(AppError):
    status, code = 429, "RATE_LIMITED"
    text = Text("Too many requests; try again later", "リクエストが多すぎます。しばらくしてからお試しください")


class InternalServerError(AppError):
    status, code = 500, "INTERNAL_SERVER_ERROR"
    text = Text("An unexpected error occurred", "予期しないエラーが発生しました")


class ServiceUnavailable(AppError):
    status, code = 503, "SERVICE_UNAVAILABLE"
    text = Text("The service is temporarily unavailable", "一時的に利用できません")


class InsufficientStorage(AppError):
    status, code = 507, "HTTP_507"
    text = Text("There is no room left to keep this", "保存する空き容量がありません")


BY_STATUS: dict[int, type[AppError]] = {
    error.status: error
    for error in (
        BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, RequestTimeout, Conflict,
        Gone, PreconditionFailed,
        PayloadTooLarge, UnsupportedMediaType, RangeNotSatisfiable, Invalid, RateLimited, InternalServerError,
        ServiceUnavailable, InsufficientStorage,
    )
}  # fmt: skip
"""The class of each status that has a text of its own."""
