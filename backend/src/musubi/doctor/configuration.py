"""Settings that are valid one by one, and don't go together."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from musubi.core.addresses import is_loopback
from musubi.doctor.finding import Finding, bad, ok, warn
from musubi.settings import Environment, Settings


def look_at_settings(settings: Settings) -> list[Finding]:
    """The mode, the address, and whatever contradicts itself."""
    mode = f"{settings.env}, listening at {settings.host}:{settings.port}"
    return [ok("mode", mode), _address(settings), *_proxies(settings), *_secrets(settings), *_parts(settings)]


def _address(settings: Settings) -> Finding:
    url = settings.public_url
    parts = urlsplit(url)
    is_public = not is_loopback(parts.hostname or "")
    if settings.env is Environment.PRODUCTION:
        if settings.base_url is None:
            return warn("address", url, fix="set MUSUBI_BASE_URL to the address people use: links begin with it")
        if parts.scheme == "http" and is_public:
            fix = "put TLS in front (deploy/nginx) and begin MUSUBI_BASE_URL with https://"
            return bad("address", f"{url}: passwords travel where anyone can read them", fix=fix)
    elif parts.scheme == "https" and is_public:
        return warn("address", f"{url}, but MUSUBI_ENV={settings.env}", fix="set MUSUBI_ENV=production")
    return ok("address", url)


def _proxies(settings: Settings) -> Iterator[Finding]:
    proxies = settings.trusted_proxies
    if "*" in proxies:
        text = "MUSUBI_TRUSTED_PROXIES=*: anyone can say where they come from"
        yield warn("proxy", text, fix="name the addresses of your proxies, such as 10.0.0.0/8")
    elif proxies:
        yield ok("proxy", f"X-Forwarded-* counts from {', '.join(proxies)}")
    elif settings.public_url.startswith("https://"):
        text = "people come by https, which a proxy must take off, and none is trusted: all requests seem to be its own"
        yield warn("proxy", text, fix="set MUSUBI_TRUSTED_PROXIES to its address")


def _secrets(settings: Settings) -> Iterator[Finding]:
    if settings.previous_secret_keys and settings.secret_key is None:
        text = "MUSUBI_PREVIOUS_SECRET_KEYS has no effect without SECRET_KEY"
        yield warn("secret", text, fix="set SECRET_KEY, or take the former out")
    if settings.secret_key is None and not settings.is_sqlite:
        text = "the secret is in this machine's data directory; another machine would make one of its own"
        yield warn("secret", text, fix="set SECRET_KEY, the same for all")


def _parts(settings: Settings) -> Iterator[Finding]:
    if settings.is_sqlite and settings.redis_url is not None:
        text = "several processes on one SQLite file work on one machine alone"
        yield warn("database", text, fix="set DATABASE_URL to PostgreSQL before there is a second machine")
    if not settings.is_sqlite and settings.redis_url is not None and settings.storage_url is None:
        text = "files lie in this machine's data directory"
        yield warn("files", text, fix="set MUSUBI_STORAGE_URL, or share the directory, before there is a second one")
    if settings.storage_redirects and (settings.storage_url is None or settings.storage_url.scheme == "file"):
        text = "MUSUBI_STORAGE_REDIRECTS has no effect: a directory has no URLs of its own"
        yield warn("files", text, fix="take it out, or use an object store")
    if settings.resumable_max_bytes > settings.file_quota_bytes:
        text = "MUSUBI_RESUMABLE_MAX_BYTES is more than MUSUBI_FILE_QUOTA_BYTES: such a file fits nowhere"
        yield warn("files", text, fix="lower the former, or raise the latter")
    if settings.metrics_port is not None and settings.metrics_host in ("0.0.0.0", "::"):  # noqa: S104 - compared
        text = f"metrics are served at every address of this machine, port {settings.metrics_port}"
        yield warn("metrics", text, fix="let nobody but Prometheus reach it, or set MUSUBI_METRICS_HOST")
    if settings.env is Environment.PRODUCTION and any(each.startswith("http://") for each in settings.origins):
        text = "MUSUBI_CORS_ORIGINS names an origin without TLS, whose pages anyone on the way can change"
        yield warn("cors", text, fix="name it with https://, or take it out")
    if settings.env is Environment.PRODUCTION and not settings.limits_requests:
        yield warn("limits", "MUSUBI_RATE_LIMITS is off: passwords can be guessed", fix="take it out")
