"""Where unexpected errors are reported to."""

from typing import TYPE_CHECKING

from musubi.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from musubi.core.reporting import Reporter


def open_reporter(settings: Settings) -> "Reporter | None":
    """The place that the settings name, None when there is none; nothing is sent yet.

    Raises ConfigurationError when its address isn't one.
    """
    if settings.sentry_dsn is None:
        return None
    # Its library takes a while to load, and most installations don't need it.
    from musubi.adapters.reports.sentry import SentryReporter

    try:
        return SentryReporter(settings.sentry_dsn.get_secret_value(), environment=settings.env.value)
    except ValueError:
        # Not the library's words, which quote it: there is a key in it.
        raise ConfigurationError("MUSUBI_SENTRY_DSN: is not an address such as https://key@host/1") from None
