"""Every setting, and the only place that reads the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from sqlalchemy import URL

from musubi.core import secret_file
from musubi.core.addresses import is_loopback, is_network
from musubi.core.database_url import async_database_url
from musubi.core.identity_provider import IdentityProvider, parse_identity_providers
from musubi.core.limits import Limit, parse_limits
from musubi.core.setting_lists import CommaSeparated, split
from musubi.core.smtp_url import SmtpServer, is_sender, parse_smtp_url
from musubi.settings_accounts import AccountSettings
from musubi.settings_files import FileSettings
from musubi.settings_live import LiveSettings
from musubi.settings_operations import OperationSettings

__all__ = ["ConfigurationError", "Environment", "Settings", "async_database_url", "load_settings"]

_PLATFORM_NAMES = frozenset({"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "PORT"})
_KNOWN_SECRETS = ("changeme", "change-me", "secret", "your-secret-key", "insecure")


class ConfigurationError(Exception):
    """A setting that can't be used; the text is one line that names it and says what to do."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def _also(name: str) -> AliasChoices:
    """The name with our prefix, and the one that hosting platforms set."""
    return AliasChoices(f"MUSUBI_{name}", name)


class Settings(AccountSettings, LiveSettings, FileSettings, OperationSettings):
    """What can be set from outside: environment variables `MUSUBI_<NAME>`, or the same names in `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="MUSUBI_", env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True
    )

    env: Annotated[Environment, Field(description="development, test or production")] = Environment.DEVELOPMENT
    data_dir: Annotated[Path, Field(description="Where everything the application keeps lies")] = Path("var")
    database_url: Annotated[
        str | None,
        Field(
            validation_alias=_also("DATABASE_URL"),
            description="PostgreSQL or SQLite; default: a file in the data directory",
        ),
    ] = None
    redis_url: Annotated[
        str | None,
        Field(validation_alias=_also("REDIS_URL"), description="Redis or Valkey; default: kept in the process"),
    ] = None
    secret_key: Annotated[
        SecretStr | None,
        Field(
            validation_alias=_also("SECRET_KEY"),
            description="At least 32 bytes; default: made at the first start",
        ),
    ] = None
    previous_secret_keys: Annotated[
        tuple[SecretStr, ...],
        NoDecode,
        BeforeValidator(split),
        Field(description="Secrets that SECRET_KEY replaced and that are still honoured, newest first"),
    ] = ()
    host: Annotated[str, Field(validation_alias=_also("HOST"), description="Address to listen at")] = "127.0.0.1"
    port: Annotated[int, Field(validation_alias=_also("PORT"), ge=0, le=65535, description="Port to listen at")] = 8000
    base_url: Annotated[
        str | None, Field(description="The address people use, for links; default: http://localhost:<port>")
    ] = None
    debug: Annotated[bool, Field(description="Log SQL; never in production")] = False
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="Least severity to log")] = (
        "INFO"
    )
    allowed_hosts: Annotated[
        CommaSeparated,
        Field(description="Host names served beside localhost and the bound address; `*.example.org` for subdomains"),
    ] = ()
    cors_origins: Annotated[
        CommaSeparated | None,
        Field(
            description="Origins whose pages may call the API; default: localhost:3000 and :5173, none in production"
        ),
    ] = None
    cors_parent_domain: Annotated[
        str | None,
        Field(description="A domain whose https subdomains may call the API", pattern=r"^[a-z0-9.-]+\.[a-z]+$"),
    ] = None
    trusted_proxies: Annotated[
        CommaSeparated,
        Field(description="Addresses or networks whose X-Forwarded-* headers count; default: none"),
    ] = ()
    docs: Annotated[bool | None, Field(description="Serve the API documentation; default: not in production")] = None
    registration: Annotated[bool, Field(description="Whether anyone may make an account")] = True
    oidc_providers: Annotated[
        tuple[IdentityProvider, ...],
        NoDecode,
        BeforeValidator(parse_identity_providers),
        Field(description="OpenID providers that people may sign in with, as a JSON list of objects"),
    ] = ()
    auto_migrate: Annotated[
        bool | None,
        Field(description="Bring the database up to date at start; default: SQLite yes, PostgreSQL no"),
    ] = None
    max_body_bytes: Annotated[int, Field(ge=1024, description="Largest request body, in bytes")] = 1024 * 1024
    database_pool_size: Annotated[
        int,
        Field(ge=1, le=500, description="Connections per process for changes; on PostgreSQL as many again for reading"),
    ] = 20
    rate_limits: Annotated[
        bool | None, Field(description="Limit requests and failed attempts; default: not with MUSUBI_ENV=test")
    ] = None
    limits: Annotated[
        tuple[Limit, ...],
        NoDecode,
        BeforeValidator(parse_limits),
        Field(description="Limits with other numbers than their own, such as register=100/1h"),
    ] = ()
    smtp_url: Annotated[
        SmtpServer | None,
        NoDecode,
        BeforeValidator(parse_smtp_url),
        Field(description="The server that sends mail; default: mail is kept for administrators to read"),
    ] = None
    mail_from: Annotated[
        str | None, Field(description="Sender of mail; default: Musubi <no-reply@ the host of the base URL>")
    ] = None
    mail_days: Annotated[int, Field(ge=3, le=3650, description="How long mail stays in the outbox")] = 30

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (of a folder that the class would name)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes before what; the folder of secrets is itself a setting."""
        named = env_settings().get("secrets_dir") or dotenv_settings().get("secrets_dir")
        # One that isn't there is told about like any other wrong setting.
        folder = named if named and Path(named).is_dir() else None
        return init_settings, env_settings, dotenv_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str | None) -> str | None:
        if value is not None:
            async_database_url(value)
        return value

    @field_validator("previous_secret_keys")
    @classmethod
    def _check_previous_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value().encode()) < secret_file.MIN_SECRET_BYTES for key in value):
            raise ValueError(f"each must have at least {secret_file.MIN_SECRET_BYTES} bytes")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for origin in value or ():
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
                raise ValueError(f"{origin!r} is not an origin such as https://app.example.org")
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_sender(cls, value: str | None) -> str | None:
        if value is not None and not is_sender(value):
            raise ValueError("is not a sender such as Musubi <no-reply@example.org>")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            if proxy != "*" and not is_network(proxy):
                raise ValueError(f"{proxy!r} is not an address or a network such as 10.0.0.0/8")
        return value

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        if self.env is Environment.TEST and not is_loopback(self.host):
            raise ValueError("MUSUBI_ENV=test only listens at loopback: set HOST to 127.0.0.1")
        if self.env is Environment.PRODUCTION:
            self._check_production()
        return self

    def _check_production(self) -> None:
        secret = self.secret_key.get_secret_value() if self.secret_key else ""
        if not secret:
            raise ValueError("SECRET_KEY must be set in production: 32 random bytes or more")
        if len(secret.encode()) < secret_file.MIN_SECRET_BYTES:
            raise ValueError(f"SECRET_KEY is too short: set one of at least {secret_file.MIN_SECRET_BYTES} bytes")
        if secret.lower().startswith(_KNOWN_SECRETS) or len(set(secret)) < 8:
            raise ValueError("SECRET_KEY is a known or guessable one: set 32 random bytes or more")
        if "*" in self.allowed_hosts:
            raise ValueError("MUSUBI_ALLOWED_HOSTS must name the hosts in production: * is not allowed")
        if self.debug:
            raise ValueError("MUSUBI_DEBUG must be off in production")
        if self.oidc_providers and self.base_url is None:
            raise ValueError("MUSUBI_BASE_URL must be set for MUSUBI_OIDC_PROVIDERS: they send people back to it")
        if self.smtp_url is not None and self.base_url is None:
            raise ValueError("MUSUBI_BASE_URL must be set in production to send mail: links begin with it")
        if self.password_memory_kib < 19456 or self.password_iterations < 2:
            # The least that OWASP's password storage cheat sheet accepts for Argon2id.
            raise ValueError(
                "MUSUBI_PASSWORD_MEMORY_KIB must be at least 19456 and MUSUBI_PASSWORD_ITERATIONS at least 2"
            )

    @property
    def database(self) -> URL:
        """The database's URL with its asynchronous driver."""
        return async_database_url(self.database_url or f"sqlite:///{(self.data_dir / 'musubi.sqlite3').absolute()}")

    @property
    def is_sqlite(self) -> bool:
        return self.database.get_backend_name() == "sqlite"

    @property
    def migrates_at_start(self) -> bool:
        return self.is_sqlite if self.auto_migrate is None else self.auto_migrate

    @property
    def serves_docs(self) -> bool:
        return self.env is not Environment.PRODUCTION if self.docs is None else self.docs

    @property
    def limits_requests(self) -> bool:
        return self.env is not Environment.TEST if self.rate_limits is None else self.rate_limits

    @property
    def public_url(self) -> str:
        """The base of every link the application gives out; never taken from a request."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def mail_sender(self) -> str:
        """Whom mail is from."""
        host = urlsplit(self.public_url).hostname or ""
        return self.mail_from or f"Musubi <no-reply@{'localhost' if ':' in host else host}>"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which requests are taken: our own, and those listed."""
        public = urlsplit(self.public_url).hostname
        return (
            "localhost",
            "127.0.0.1",
            "::1",
            self.host,
            *([public] if public else []),
            *self.allowed_hosts,
        )

    @property
    def origins(self) -> tuple[str, ...]:
        if self.cors_origins is not None:
            return self.cors_origins
        local = ("http://localhost:3000", "http://localhost:5173")
        return () if self.env is Environment.PRODUCTION else local

    def secrets(self) -> list[bytes]:
        """The secrets from which all keys are derived, newest first; the first is made and kept in the data directory
        when none is set.

        Raises ConfigurationError when it can't be read or kept.
        """
        if self.secret_key is not None:
            return [key.get_secret_value().encode() for key in (self.secret_key, *self.previous_secret_keys)]
        try:
            return secret_file.read_or_make(self.secret_path)
        except OSError as error:
            raise ConfigurationError(
                f"MUSUBI_DATA_DIR: can't keep a secret in {self.secret_path}: {error.strerror}"
            ) from error
        except secret_file.DamagedSecret as error:
            raise ConfigurationError(
                f"MUSUBI_DATA_DIR: {self.secret_path} is damaged: restore it, or remove it to sign everyone out"
            ) from error

    @property
    def secret_path(self) -> Path:
        """Where the secrets are kept that were not set."""
        return self.data_dir / "secret.key"


def load_settings(**overrides: Any) -> Settings:
    """The settings from the environment and `.env`, and what the command line gave on top.

    Raises ConfigurationError with one line about the first setting that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        name = _setting_name(str(first["loc"][0])) if first["loc"] else None
        raise ConfigurationError(f"{name}: {message}" if name else message) from None
    except (SettingsError, OSError) as error:
        # Nothing else of what is read here may be there and not be for us.
        raise ConfigurationError(f"MUSUBI_SECRETS_DIR: {error}") from None


def _setting_name(location: str) -> str:
    name = location.upper().removeprefix("MUSUBI_")
    return name if name in _PLATFORM_NAMES else f"MUSUBI_{name}"
