"""A mail in the form in which it travels (RFC 5322)."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from email_validator import EmailNotValidError, validate_email

from musubi.adapters.mail.protocol import Message, Refused

# Any server takes seven bits. The policy encodes what isn't ASCII, and refuses line breaks in headers.
_POLICY = SMTP.clone(cte_type="7bit")


def as_email(message: Message) -> EmailMessage:
    """Text and HTML as alternatives. Raises Refused for an address that no header can hold."""
    mail = EmailMessage(_POLICY)
    name, address = parseaddr(message.sender)
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = Address(addr_spec=deliverable(message.to))
        mail["Subject"] = message.subject
    except (ValueError, IndexError) as error:
        raise Refused(f"This can't stand in a mail's head: {type(error).__name__}") from error
    mail["Date"] = format_datetime(message.written_at)
    mail["Message-ID"] = message.message_id
    # RFC 3834: nobody's "I am on holiday" should answer it.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.locale
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def deliverable(address: str) -> str:
    """`address` with its domain in ASCII, as every server understands it."""
    try:
        parts = validate_email(address, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError:
        # Not every name inside a network follows the rules of the internet.
        return address
    return f"{parts.local_part}@{parts.ascii_domain}"
