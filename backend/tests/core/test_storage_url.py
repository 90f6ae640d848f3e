"""The place of files as a URL: what is taken, what is refused, and what is never repeated."""

from pathlib import Path

import pytest

from musubi.core.storage_url import StorageUrl
from musubi.settings import ConfigurationError, load_settings


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("file:///srv/my%20files", StorageUrl("file", "", "/srv/my files")),
        ("s3://bucket", StorageUrl("s3", "bucket", "")),
        ("s3://my.bucket-1/", StorageUrl("s3", "my.bucket-1", "")),
        ("s3://bucket/one/two.3/", StorageUrl("s3", "bucket", "one/two.3")),
        ("s3://key:a%2Fb%40%3A@bucket", StorageUrl("s3", "bucket", "", "key", "a/b@:")),
        (
            "s3://bucket/p?endpoint=https://minio.example:9000&region=eu-1&virtual_hosted_style_request=true",
            StorageUrl("s3", "bucket", "p", None, None, "https://minio.example:9000", "eu-1", True),
        ),
        (
            "s3://bucket?endpoint=http://localhost:9000&allow_http=true",
            StorageUrl("s3", "bucket", "", endpoint="http://localhost:9000"),
        ),
        ("gs://bucket/p", StorageUrl("gs", "bucket", "p")),
        ("az://account@container/p", StorageUrl("az", "container", "p", "account")),
        ("az://account:a2V5@container", StorageUrl("az", "container", "", "account", "a2V5")),
    ],
)
def test_what_is_taken(text: str, url: StorageUrl) -> None:
    assert StorageUrl.parse(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "bucket", "/srv/files", "https://bucket.example", "file://srv/files", "file:srv", "file:///srv?a=b",
        "file:///srv%00", "s3://", "s3:///prefix", "s3://key:hidden@", "s3://bucket:9000", "s3://key@bucket",
        "s3://:hidden@bucket", "s3://key:hidden@bucket#x", "s3://key:hidden@bucket?unknown=1",
        "s3://key:hidden@bucket?region", "s3://key:hidden@bucket/a/../b", "s3://key:hidden@bucket/a//b",
        "s3://key:hidden@bucket/.a", "s3://key:hidden@bucket/%E9%8D%B5", "s3://key:hidden@bucket?allow_http=yes",
        "s3://key:hidden@bucket?endpoint=minio:9000", "s3://key:hidden@bucket?endpoint=http://localhost:9000",
        "s3://key:hidden@bucket?endpoint=https://me:hidden@localhost:9000", "s3://key:hidden@bucket?ca=/no/such/file",
        "s3://key:hidden@[bucket", "gs://key:hidden@bucket", "gs://bucket?region=1", "az://:hidden@container",
    ],
)  # fmt: skip
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        StorageUrl.parse(text)
    assert "hidden" not in str(caught.value)


def test_a_file_with_an_authority(tmp_path: Path) -> None:
    file = tmp_path / "my authority.pem"
    file.touch()
    assert StorageUrl.parse(f"s3://bucket?ca={tmp_path}/my%20authority.pem").ca == file


def test_it_does_not_show_its_secret() -> None:
    url = StorageUrl.parse("s3://key:hidden@bucket/prefix?region=eu-1")
    assert "hidden" not in repr(url)
    assert str(url) == "s3://bucket/prefix"


def test_one_that_is_wrong_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSUBI_STORAGE_URL", "s3://key:hidden@bucket?nonsense=1")
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_STORAGE_URL") as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)
