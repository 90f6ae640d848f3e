"""Making mails of templates: `templates/<name>.<locale>.jinja`, one file per mail and language.

A template says what there is to say once, with the macros that are called `say` in it. It is run twice: with those of
`as_text.jinja` it becomes plain text, with those of `as_html.jinja` HTML. So the two can't differ, and no value can
bring markup of its own.
"""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from musubi.features.mail.content import Content

if TYPE_CHECKING:
    from jinja2 import Environment

_MAX_SUBJECT = 200


def render(template: str, locale: str, values: dict[str, Any]) -> tuple[str, Content]:
    """Subject and content of a mail. Raises what Jinja raises for an unknown template or a value that is missing."""
    name = f"{template}.{locale}.jinja"
    values = {**values, "locale": locale}
    # One line, whatever a value brings.
    subject = " ".join(_block("text", name, "subject", values).split())[:_MAX_SUBJECT]
    text = _block("text", name, "body", values).strip() + "\n"
    html = _layout().render(locale=locale, subject=subject, body=_markup(_block("html", name, "body", values)))
    return subject, Content(text, html + "\n")


def _block(form: str, name: str, block: str, values: dict[str, Any]) -> str:
    template = environment(form).get_template(name)
    return "".join(template.blocks[block](template.new_context(values)))


@cache
def environment(form: str) -> "Environment":
    """The templates as they become `text` or `html`, which escapes every value."""
    # Only where mails are written: loading it takes a while.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("musubi.features.mail"),
        undefined=StrictUndefined,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = moment
    made.globals["say"] = made.get_template(f"as_{form}.jinja").module
    return made


def moment(instant: datetime, locale: str) -> str:
    """`instant` for people. In UTC, and saying so: where they are isn't known."""
    form = "%Y年%m月%d日 %H:%M (UTC)" if locale == "ja" else "%Y-%m-%d %H:%M (UTC)"
    return instant.astimezone(UTC).strftime(form)


def _layout() -> Any:
    return environment("html").get_template("layout.jinja")


def _markup(html: str) -> Any:
    from markupsafe import Markup

    # Every value in it was escaped when it was rendered.
    return Markup(html)  # noqa: S704
