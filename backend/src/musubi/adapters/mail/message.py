"""A mail in the form in which it travels (RFC 5322)."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from email_validator import EmailNotValidError, validate_email

from musubi.adapters.mail.protocol import Message, Refused

# Any server takes seven bits. The policy encodes what isn't ASCII, and refuses line breaks in headers.
_POLICY: Final = SMTP.clone(cte_type="7bit")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def as_email(message: Message) -> EmailMessage:
    """Text and HTML as alternatives. Raises Refused for an address that no header can hold."""
    mail = EmailMessage(_POLICY)
    name, address = parseaddr(message.sender)
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = _recipient(message.to)
        mail["Subject"] = message.subject
    except ValueError as error:
        raise Refused("The address or the subject can't stand in a mail") from error
    mail["Date"] = format_datetime(message.written_at)
    mail["Message-ID"] = message.message_id
    # RFC 3834: nobody's "I am on holiday" should answer it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    # Setting the content takes away whatever begins with "Content-".
    mail["Content-Language"] = message.locale
    return mail


def _recipient(address: str) -> Address:
    """`address` with its domain in ASCII, as every server understands it. Raises ValueError when it is none, or more
    than one."""
    try:
        parts = validate_email(address, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError:
        # Not every name inside a network follows the rules of the internet.
        if not _PLAIN.fullmatch(address):
            raise ValueError("not an address") from None
        return Address(addr_spec=address)
    return Address(username=parts.local_part, domain=parts.ascii_domain)
