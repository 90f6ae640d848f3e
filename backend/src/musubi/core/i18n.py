"""Messages in both languages, side by side, so that one can't be written without the other."""

from dataclasses import dataclass

from musubi.core import context

LOCALES = ("en", "ja")


@dataclass(frozen=True, slots=True)
class Text:
    """A message in English and Japanese; `{name}` placeholders are filled by `render`."""

    en: str
    ja: str

    def render(self, locale: str | None = None, /, **values: object) -> str:
        """The message in `locale` (default: that of the request being served)."""
        template = self.ja if (locale or context.locale.get()) == "ja" else self.en
        return template.format(**values) if values else template


def preferred_locale(accept_language: str) -> str:
    """The supported language an `Accept-Language` header (RFC 9110, 12.5.4) ranks highest; `en` when none is."""
    best, best_quality = LOCALES[0], 0.0
    # A header longer than any browser's is cut: parsing must not be a way to burn our time.
    for entry in accept_language[:200].split(","):
        tag, _, parameters = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        _, _, weight = parameters.partition("q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language in LOCALES and quality > best_quality:
            best, best_quality = language, quality
    return best
