"""Pydantic's complaints in the words and the language of the person who gets them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from musubi.core import context
from musubi.core.i18n import Text

_MESSAGES: dict[str, Text] = {
    "missing": Text("This field is required", "入力してください"),
    "extra_forbidden": Text("This field is not known here", "この項目は指定できません"),
    "string_too_short": Text("At least {min_length} characters", "{min_length}文字以上で入力してください"),
    "string_too_long": Text("At most {max_length} characters", "{max_length}文字以内で入力してください"),
    "string_pattern_mismatch": Text("It contains characters that are not allowed", "使えない文字が含まれています"),
    "string_type": Text("This must be text", "文字列で指定してください"),
    "string_unicode": Text("This is not valid text", "正しい文字列ではありません"),
    "text_nul": Text("The NUL character is not allowed", "NUL文字は使えません"),
    "too_short": Text("At least {min_length} entries", "{min_length}件以上指定してください"),
    "too_long": Text("At most {max_length} entries", "{max_length}件以内で指定してください"),
    "int_type": Text("This must be a whole number", "整数で指定してください"),
    "int_parsing": Text("This must be a whole number", "整数で指定してください"),
    "int_parsing_size": Text("This number is too large", "数が大きすぎます"),
    "int_from_float": Text("This must be a whole number", "整数で指定してください"),
    "bool_type": Text("This must be true or false", "true か false で指定してください"),
    "bool_parsing": Text("This must be true or false", "true か false で指定してください"),
    "list_type": Text("This must be a list", "配列で指定してください"),
    "enum": Text("This must be one of {expected}", "{expected} のいずれかを指定してください"),
    "literal_error": Text("This must be one of {expected}", "{expected} のいずれかを指定してください"),
    "greater_than_equal": Text("This must be at least {ge}", "{ge}以上で指定してください"),
    "less_than_equal": Text("This must be at most {le}", "{le}以下で指定してください"),
    "json_invalid": Text("The body is not valid JSON", "本文が正しいJSONではありません"),
    "model_attributes_type": Text("The body must be a JSON object", "本文はJSONオブジェクトで指定してください"),
    "model_type": Text("The body must be a JSON object", "本文はJSONオブジェクトで指定してください"),
}
_OTHER = Text("This value is not valid", "正しい値ではありません")

# Where FastAPI found the value; the client knows where it put it.
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def describe_errors(errors: Sequence[Any]) -> dict[str, Any]:
    """The `details` of a validation error: a message per field, and the raw errors without what was sent.

    A validator of ours raises `PydanticCustomError` with `{"texts": {"en": …, "ja": …}}` as its context to bring its
    own message.
    """
    fields: dict[str, str] = {}
    raw: list[dict[str, Any]] = []
    for error in errors[:100]:
        name = field_path(error["loc"])
        fields.setdefault(name, _message(error["type"], error.get("ctx") or {}))
        raw.append({"type": error["type"], "loc": [part for part in error["loc"] if _is_clean(part)]})
    return {"fields": fields, "raw_errors": raw}


def field_path(location: Iterable[int | str]) -> str:
    """`("body", "tags", 0)` → `tags.0`; a complaint about the whole body stands under `body`."""
    parts = list(location)
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    if len(parts) == 1 and isinstance(parts[0], int):
        return "body"
    return ".".join(str(part) if _is_clean(part) else "?" for part in parts)


def _is_clean(part: int | str) -> bool:
    """An unknown field's name comes from the client: it is only repeated when it is harmless in a log or a page."""
    return isinstance(part, int) or (len(part) <= 100 and part.isprintable())


def _message(kind: str, ctx: Mapping[str, Any]) -> str:
    texts = ctx.get("texts")
    if texts:
        return str(texts[context.locale.get()])
    text = _MESSAGES.get(kind, _OTHER)
    return text.render(None, **{key: value for key, value in ctx.items() if isinstance(value, int | str)})
