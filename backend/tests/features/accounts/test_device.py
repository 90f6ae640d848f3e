"""What is made of a `User-Agent`."""

import pytest

from musubi.features.accounts.device import Device, describe

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            Device("Firefox", "Windows"),
        ),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", Device("Chrome", "Linux")),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/126.0", Device("Edge", "Windows")),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.5 Safari/605.1.15",
            Device("Safari", "Mac OS X"),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1",
            Device("Mobile Safari", "iOS"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36",
            Device("Chrome Mobile", "Android"),
        ),
        ("curl/8.5.0", Device("curl", None)),
    ],
)
def test_browsers_and_systems(user_agent: str, device: Device) -> None:
    assert describe(user_agent) == device


@pytest.mark.parametrize(
    "user_agent",
    [None, "", " ", "x", "Other", "\x00\r\n", "é" * 300, "(" * 300, "Mozilla/5.0 (" + "; " * 140, "😀 <script>"],
)
def test_what_is_not_known(user_agent: str | None) -> None:
    assert describe(user_agent) == Device(None, None)
