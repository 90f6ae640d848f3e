"""The client of one OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 7636)."""

from typing import Any, Final
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from musubi.adapters.oidc.answers import Person, ProviderUnavailable, UnacceptableAnswer
from musubi.adapters.oidc.discovery import Discovery, Metadata
from musubi.adapters.oidc.http import ask
from musubi.adapters.oidc.id_token import Claims, read_id_token
from musubi.core.identity_provider import IdentityProvider

_MAX_SUBJECT: Final = 255
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class OpenIdClient:
    """Sends people to one provider, and learns from what they bring back who they are."""

    def __init__(self, provider: IdentityProvider) -> None:
        self.provider = provider
        self._discovery = Discovery(provider.issuer)

    async def prepare(self) -> None:
        """Learn what is needed to send someone to the provider. Raises ProviderUnavailable."""
        await self._discovery.metadata()

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser. `verifier` is the PKCE secret: 43 to 128 characters of base64url, and only its
        digest is in the address. Raises ProviderUnavailable."""
        metadata = await self._discovery.metadata()
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self.provider.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self.provider.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    async def identify(
        self, *, code: str, answered_as: str | None, redirect_uri: str, nonce: str, verifier: str
    ) -> Person:
        """Who brought back `code`. `answered_as` is the `iss` that came with it, if one did.

        Raises ProviderUnavailable, UnacceptableAnswer.
        """
        metadata = await self._discovery.metadata()
        self._check_who_answered(metadata, answered_as)
        tokens = await self._exchange(metadata, code=code, redirect_uri=redirect_uri, verifier=verifier)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise UnacceptableAnswer("there is no ID token")
        claims = await read_id_token(
            id_token,
            self._discovery.keys,
            issuer=self.provider.issuer,
            client_id=self.provider.client_id,
            nonce=nonce,
        )
        subject = claims["sub"]
        if len(subject) > _MAX_SUBJECT or "\x00" in subject:
            raise UnacceptableAnswer("the subject is not one")
        if "email" not in claims and metadata.userinfo_endpoint is not None:
            claims = {**claims, **await self._user_info(metadata.userinfo_endpoint, tokens, subject)}
        return _person(self.provider.issuer, subject, claims)

    def _check_who_answered(self, metadata: Metadata, answered_as: str | None) -> None:
        """RFC 9207: an answer of one provider must not pass for that of another."""
        if answered_as is None and not metadata.authorization_response_iss_parameter_supported:
            return
        if answered_as != self.provider.issuer:
            raise UnacceptableAnswer("the answer came from another provider")

    async def _exchange(self, metadata: Metadata, *, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        body = prepare_token_request("authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier)
        url, headers, body = self._client_auth(metadata).prepare("POST", metadata.token_endpoint, dict(_FORM), body)
        answer = await ask(url, form=body, headers=headers)
        if answer.status >= 500 or answer.status == 429:
            raise ProviderUnavailable(f"its token endpoint answers with status {answer.status}")
        if answer.status != 200:
            raise UnacceptableAnswer(f"the code was refused with status {answer.status}")
        return answer.body

    def _client_auth(self, metadata: Metadata) -> ClientAuth:
        client_id, secret = self.provider.client_id, self.provider.client_secret
        if secret is None:
            return ClientAuth(client_id, None, "none")
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # Encoded as RFC 6749, 2.3.1 wants it; of most secrets that changes nothing.
            return ClientAuth(quote_plus(client_id), quote_plus(secret.get_secret_value()), "client_secret_basic")
        return ClientAuth(client_id, secret.get_secret_value(), "client_secret_post")

    async def _user_info(self, url: str, tokens: dict[str, Any], subject: str) -> Claims:
        """What providers that keep the ID token short say elsewhere (OpenID Connect Core 1.0, 5.3)."""
        access_token = tokens.get("access_token")
        if not isinstance(access_token, str) or not access_token.isascii() or not access_token.isprintable():
            return {}
        answer = await ask(url, headers={"Authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            return {}
        if answer.body.get("sub") != subject:
            raise UnacceptableAnswer("the user info is about someone else")
        return {name: answer.body[name] for name in _ABOUT if name in answer.body}


_ABOUT: Final = ("email", "email_verified", "preferred_username", "name")


def _person(issuer: str, subject: str, claims: Claims) -> Person:
    def text(name: str) -> str | None:
        value = claims.get(name)
        return value.strip() or None if isinstance(value, str) and "\x00" not in value else None

    return Person(
        issuer=issuer,
        subject=subject,
        email=text("email"),
        # Some send it as a text, against the standard.
        email_verified=claims.get("email_verified") in (True, "true"),
        preferred_username=text("preferred_username"),
        name=text("name"),
    )
