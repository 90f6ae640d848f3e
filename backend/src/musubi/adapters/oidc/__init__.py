"""Asking an OpenID provider who someone is."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from musubi.adapters.oidc.answers import Person, ProviderUnavailable, UnacceptableAnswer
from musubi.core.identity_provider import IdentityProvider

if TYPE_CHECKING:
    from musubi.adapters.oidc.client import OpenIdClient

__all__ = ["Person", "ProviderUnavailable", "UnacceptableAnswer", "open_providers"]


def open_providers(providers: Iterable[IdentityProvider]) -> "Mapping[str, OpenIdClient]":
    """A client for each provider, by its name and in their order; nothing is asked yet."""
    providers = list(providers)
    if not providers:
        return {}
    # Only where there is someone to ask: loading the libraries takes a while.
    from musubi.adapters.oidc.client import OpenIdClient

    return {provider.name: OpenIdClient(provider) for provider in providers}
