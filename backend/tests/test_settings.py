"""Settings: where they come from, and what a wrong one is answered with."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musubi.settings import ConfigurationError, Environment, Settings, load_settings

GOOD_SECRET = "0123456789abcdef" * 3
PRODUCTION = {"MUSUBI_ENV": "production", "SECRET_KEY": GOOD_SECRET}

Load = Callable[..., Settings]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Loads the settings from these environment variables alone, in an empty folder."""
    for name in list(os.environ):
        if name.startswith("MUSUBI_") or name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "PORT"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def from_environment(environment: dict[str, str] | None = None, **overrides: Any) -> Settings:
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        return load_settings(**overrides)

    return from_environment


def test_nothing_needs_to_be_set(load: Load, tmp_path: Path) -> None:
    settings = load()
    assert settings.env is Environment.DEVELOPMENT
    assert settings.data_dir == Path("var")
    assert str(settings.database) == f"sqlite+aiosqlite:///{tmp_path}/var/musubi.sqlite3"
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://localhost:8000")
    assert settings.redis_url is None
    assert settings.registration is True
    assert settings.serves_docs is True
    assert settings.migrates_at_start is True
    assert settings.origins == ("http://localhost:3000", "http://localhost:5173")
    assert settings.trusted_proxies == ()
    assert set(settings.hosts) == {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize("prefix", ["", "MUSUBI_"])
def test_what_hosting_platforms_set_counts_with_and_without_the_prefix(load: Load, prefix: str) -> None:
    names = {
        "DATABASE_URL": "postgresql://u:p@db/musubi",
        "REDIS_URL": "redis://cache:6379/1",
        "SECRET_KEY": GOOD_SECRET,
        "HOST": "192.0.2.1",
        "PORT": "9000",
    }
    settings = load({prefix + name: value for name, value in names.items()})
    assert settings.database.host == "db"
    assert settings.redis_url == "redis://cache:6379/1"
    assert settings.secrets() == [GOOD_SECRET.encode()]
    assert (settings.host, settings.port) == ("192.0.2.1", 9000)


def test_our_own_name_comes_before_the_platforms(load: Load) -> None:
    assert load({"PORT": "9000", "MUSUBI_PORT": "9001"}).port == 9001


def test_the_command_line_comes_before_both(load: Load) -> None:
    settings = load({"PORT": "9000", "MUSUBI_PORT": "9001"}, port=9002, host=None)
    assert (settings.port, settings.host) == (9002, "127.0.0.1")


def test_a_file_is_read_and_the_environment_comes_before_it(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MUSUBI_REGISTRATION=false\nPORT=9000\nMUSUBI_UNKNOWN=x\n")
    settings = load({"PORT": "9001"})
    assert (settings.registration, settings.port) == (False, 9001)


def test_empty_means_not_set(load: Load) -> None:
    settings = load({"DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": "", "PORT": "", "MUSUBI_CORS_ORIGINS": ""})
    assert (settings.database_url, settings.redis_url, settings.secret_key) == (None, None, None)
    assert settings.port == 8000
    assert len(settings.origins) == 2


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p@db/musubi", "postgresql+asyncpg"),
        ("postgres://u:p@db/musubi", "postgresql+asyncpg"),
        ("postgresql+asyncpg://u:p@db/musubi", "postgresql+asyncpg"),
        ("postgresql+psycopg2://u:p@db/musubi", "postgresql+asyncpg"),
        ("sqlite:///musubi.sqlite3", "sqlite+aiosqlite"),
        ("sqlite:////srv/musubi.sqlite3", "sqlite+aiosqlite"),
    ],
)
def test_database_urls_need_no_driver(load: Load, url: str, driver: str) -> None:
    settings = load({"DATABASE_URL": url})
    assert settings.database.drivername == driver
    assert settings.is_sqlite == url.startswith("sqlite")
    assert settings.migrates_at_start == url.startswith("sqlite")


def test_postgres_migrates_at_start_on_demand(load: Load) -> None:
    settings = load({"DATABASE_URL": "postgresql://u:p@db/musubi", "MUSUBI_AUTO_MIGRATE": "true"})
    assert settings.migrates_at_start is True


def test_lists_are_separated_by_commas(load: Load) -> None:
    settings = load(
        {
            "MUSUBI_ALLOWED_HOSTS": "app.example.org, *.example.net,,",
            "MUSUBI_CORS_ORIGINS": "https://a.example.org,http://localhost:9999",
            "MUSUBI_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7",
        }
    )
    assert settings.allowed_hosts == ("app.example.org", "*.example.net")
    assert settings.origins == ("https://a.example.org", "http://localhost:9999")
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.7")
    assert {"app.example.org", "*.example.net"} < set(settings.hosts)


def test_the_public_address_is_served(load: Load) -> None:
    settings = load({"MUSUBI_BASE_URL": "https://musubi.example.org/"})
    assert settings.public_url == "https://musubi.example.org"
    assert "musubi.example.org" in settings.hosts


def test_production_is_closed_by_default(load: Load) -> None:
    settings = load(PRODUCTION)
    assert settings.origins == ()
    assert settings.serves_docs is False
    assert load({"MUSUBI_DOCS": "true"}).serves_docs is True


WRONG = {
    "a database we don't know": ({"DATABASE_URL": "mysql://u:p@db/musubi"}, "DATABASE_URL"),
    "no URL": ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    "a database in memory": ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL"),
    "a database in memory, named": ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL"),
    "a port in the URL that is none": ({"DATABASE_URL": "postgresql://u:p@db:port/musubi"}, "DATABASE_URL"),
    "a cache we don't know": ({"REDIS_URL": "http://cache"}, "REDIS_URL"),
    "an unknown mode": ({"MUSUBI_ENV": "nope"}, "MUSUBI_ENV"),
    "a port that is none": ({"PORT": "eighty"}, "PORT"),
    "a port too large": ({"MUSUBI_PORT": "65536"}, "PORT"),
    "neither yes nor no": ({"MUSUBI_REGISTRATION": "perhaps"}, "MUSUBI_REGISTRATION"),
    "no origin": ({"MUSUBI_CORS_ORIGINS": "app.example.org"}, "MUSUBI_CORS_ORIGINS"),
    "an origin with a path": ({"MUSUBI_CORS_ORIGINS": "https://app.example.org/"}, "MUSUBI_CORS_ORIGINS"),
    "any origin": ({"MUSUBI_CORS_ORIGINS": "*"}, "MUSUBI_CORS_ORIGINS"),
    "no domain": ({"MUSUBI_CORS_PARENT_DOMAIN": "https://example.org"}, "MUSUBI_CORS_PARENT_DOMAIN"),
    "an address that is no URL": ({"MUSUBI_BASE_URL": "musubi.example.org"}, "MUSUBI_BASE_URL"),
    "a severity we don't know": ({"MUSUBI_LOG_LEVEL": "LOUD"}, "MUSUBI_LOG_LEVEL"),
    "a proxy that is no address": ({"MUSUBI_TRUSTED_PROXIES": "10.0.0.0/99"}, "MUSUBI_TRUSTED_PROXIES"),
    "test mode for all to see": ({"MUSUBI_ENV": "test", "HOST": "::"}, "HOST"),
    "production without a secret": ({"MUSUBI_ENV": "production"}, "SECRET_KEY"),
    "production with a short secret": ({**PRODUCTION, "SECRET_KEY": "x1y2z3" * 5}, "SECRET_KEY"),
    "production with a known secret": ({**PRODUCTION, "SECRET_KEY": "changeme-" * 5}, "SECRET_KEY"),
    "production with another known secret": ({**PRODUCTION, "SECRET_KEY": "your-secret-key" * 3}, "SECRET_KEY"),
    "production with a monotonous secret": ({**PRODUCTION, "SECRET_KEY": "ab" * 20}, "SECRET_KEY"),
    "production for any host": ({**PRODUCTION, "MUSUBI_ALLOWED_HOSTS": "a.example.org,*"}, "MUSUBI_ALLOWED_HOSTS"),
    "production in debug mode": ({**PRODUCTION, "MUSUBI_DEBUG": "true"}, "MUSUBI_DEBUG"),
    "production with cheap hashes": ({**PRODUCTION, "MUSUBI_PASSWORD_ITERATIONS": "1"}, "MUSUBI_PASSWORD_ITERATIONS"),
}


@pytest.mark.parametrize(("environment", "name"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_one_line_that_names_it(load: Load, environment: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(environment)
    message = str(error.value)
    assert name in message
    assert "\n" not in message
    # The name stands in front, or in a sentence that says what to do.
    assert len(message) > len(name) + 10


def test_a_wrong_setting_does_not_show_a_password(load: Load) -> None:
    with pytest.raises(ConfigurationError) as error:
        load({"DATABASE_URL": "mysql://admin:Tsubaki-7-kaze@db/musubi"})
    assert "Tsubaki" not in str(error.value)


def test_settings_do_not_show_the_secret(load: Load) -> None:
    assert GOOD_SECRET not in repr(load({"SECRET_KEY": GOOD_SECRET}))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_test_mode_listens_to_this_machine(load: Load, host: str) -> None:
    assert load({"MUSUBI_ENV": "test", "HOST": host}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_test_mode_listens_to_nobody_else(load: Load, host: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST"):
        load({"MUSUBI_ENV": "test"}, host=host)


def test_a_secret_is_made_once_and_kept_to_oneself(load: Load, tmp_path: Path) -> None:
    [secret] = load().secrets()
    file = tmp_path / "var" / "secret.key"
    assert len(secret) >= 32
    assert file.read_bytes() == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert load().secrets() == [secret]
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_secret_that_is_set_is_not_kept(load: Load, tmp_path: Path) -> None:
    load({"SECRET_KEY": GOOD_SECRET}).secrets()
    assert not (tmp_path / "var").exists()


def test_every_installation_has_a_secret_of_its_own(load: Load, tmp_path: Path) -> None:
    assert load(data_dir=tmp_path / "a").secrets() != load(data_dir=tmp_path / "b").secrets()


def test_a_damaged_secret_is_not_used(load: Load, tmp_path: Path) -> None:
    settings = load()
    settings.secrets()
    (tmp_path / "var" / "secret.key").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"MUSUBI_DATA_DIR.*secret\.key"):
        settings.secrets()


def test_a_secret_that_can_not_be_kept(load: Load, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="MUSUBI_DATA_DIR"):
        load(data_dir=tmp_path / "file" / "below").secrets()


MAKE_SECRET = """
import sys
from pathlib import Path
from musubi.settings import Settings
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(settings.secrets()[0].decode())
"""


def test_of_several_processes_that_start_at_once_one_makes_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE_SECRET, str(data)],
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    assert len(set(outputs)) == 1
    assert outputs[0].strip().encode() == (data / "secret.key").read_bytes()
    assert [path.name for path in data.iterdir()] == ["secret.key"]


def test_secrets_may_lie_in_files(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "SECRET_KEY").write_text(GOOD_SECRET + "\n")
    (folder / "DATABASE_URL").write_text("postgresql://u:p@db/musubi\n")
    (folder / "MUSUBI_SENTRY_DSN").write_text("https://key@errors.example.org/1")
    settings = load({"MUSUBI_SECRETS_DIR": str(folder), "DATABASE_URL": "postgresql://u:p@elsewhere/musubi"})
    assert settings.secrets() == [GOOD_SECRET.encode()]
    assert settings.database.host == "elsewhere", "the environment goes first"
    assert settings.sentry_dsn is not None
    assert settings.sentry_dsn.get_secret_value() == "https://key@errors.example.org/1"


def test_a_folder_of_secrets_that_is_not_there_is_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_SECRETS_DIR: "):
        load({"MUSUBI_SECRETS_DIR": str(tmp_path / "nowhere")})


def test_a_secret_that_is_not_for_us_is_one_line(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    # Root may read every file, but no folder is one.
    (folder / "SECRET_KEY").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"^MUSUBI_SECRETS_DIR: .*secret_key"):
        load({"MUSUBI_SECRETS_DIR": str(folder)})
