"""Addresses of machines and of services, as settings name them."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


def is_network(text: str) -> bool:
    """Whether `text` is an IP address, or a network such as 10.0.0.0/8."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def subdomain_pattern(domain: str | None) -> str | None:
    """What the origins of `domain`'s https subdomains match as a whole; None for None."""
    if domain is None:
        return None
    return r"https://([a-z0-9-]+\.)+" + domain.replace(".", r"\.")


def is_trustworthy(url: str) -> bool:
    """Whether nobody in between can read or change what is sent to `url`: with TLS, or within this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        # Looked at here, where one that is none can be told from an address.
        _ = parts.port
    except ValueError:
        return False
    if not host or not url.isprintable() or " " in url or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
