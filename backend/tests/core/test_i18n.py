"""Messages in two languages."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from httpx import AsyncClient

import musubi
from musubi.core.errors import AppError
from musubi.core.i18n import Text, preferred_locale
from tests.support import error_of


@pytest.mark.parametrize(
    ("accept_language", "locale"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("ja,en-US;q=0.7,en;q=0.3", "ja"),
        ("en;q=0.3,ja;q=0.7", "ja"),
        ("en;q=0.5, ja ; q=0.5", "en"),
        ("fr,de;q=0.9", "en"),
        ("fr,ja;q=0.1", "ja"),
        ("ja;q=0", "en"),
        ("*", "en"),
        ("ja;q=x,en", "en"),
        ("jav", "en"),
        (";;;,,,q=", "en"),
        ("fr," * 100_000 + "ja", "en"),
    ],
)
def test_the_preferred_language(accept_language: str, locale: str) -> None:
    assert preferred_locale(accept_language) == locale


@pytest.mark.parametrize(
    ("accept_language", "message"), [("en", "Not found"), ("ja", "見つかりません"), (None, "Not found")]
)
async def test_errors_speak_it(client: AsyncClient, accept_language: str | None, message: str) -> None:
    headers = {} if accept_language is None else {"Accept-Language": accept_language}
    error = error_of(await client.get("/api/v1/nowhere", headers=headers))
    assert (error["code"], error["message"]) == ("NOT_FOUND", message)


async def test_a_language_does_not_leak_into_the_next_request(client: AsyncClient) -> None:
    await client.get("/api/v1/nowhere", headers={"Accept-Language": "ja"})
    assert error_of(await client.get("/api/v1/nowhere"))["message"] == "Not found"


def test_placeholders_are_filled() -> None:
    text = Text("At most {limit} files", "{limit}件まで")
    assert text.render("en", limit=3) == "At most 3 files"
    assert text.render("ja", limit=3) == "3件まで"
    # What a value holds is no placeholder.
    assert text.render("en", limit="{secret}") == "At most {secret} files"


def texts() -> Iterator[tuple[str, Text]]:
    """Every message of the application, with where it stands."""
    for module in pkgutil.walk_packages(musubi.__path__, "musubi."):
        if "migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for part in value.values() if isinstance(value, dict) else [value]:
                if isinstance(part, Text):
                    yield f"{module.name}.{name}", part
                if isinstance(part, type) and issubclass(part, AppError) and hasattr(part, "text"):
                    yield f"{module.name}.{name}", part.text


def test_every_message_is_there_twice() -> None:
    found = list(texts())
    assert len(found) > 50
    for where, text in found:
        assert text.en.isascii(), where
        assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text.ja), where
        placeholder = re.compile(r"\{\w+\}")
        assert set(placeholder.findall(text.en)) == set(placeholder.findall(text.ja)), where
