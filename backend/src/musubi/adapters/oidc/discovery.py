"""What a provider says of itself: its endpoints and its keys, kept for a while."""

import asyncio
import warnings
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey
from pydantic import AfterValidator, BaseModel, ValidationError

from musubi.adapters.oidc.answers import ProviderUnavailable
from musubi.adapters.oidc.http import ask
from musubi.core.addresses import is_trustworthy
from musubi.core.clock import utcnow

PublicKey = RSAKey | ECKey | OKPKey

_KEPT_FOR: Final = timedelta(hours=1)
# A token with a key that we don't know makes us look again; whoever invents keys must not make us ask without end.
_KEYS_AT_MOST_EVERY: Final = timedelta(seconds=30)
# While one is down, nobody else waits for the same timeout.
_DOWN_FOR: Final = timedelta(seconds=5)
_MIN_RSA_BITS: Final = 2048
_MAX_KEYS: Final = 50


def _has_tls(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _trustworthy(url: str) -> str:
    if not is_trustworthy(url):
        raise ValueError("neither https nor on this machine")
    return url


Endpoint = Annotated[str, AfterValidator(_trustworthy)]


class Metadata(BaseModel):
    """The part of a provider's description (OpenID Connect Discovery 1.0, 3; RFC 9207, 3) that we use."""

    issuer: str
    authorization_endpoint: Endpoint
    token_endpoint: Endpoint
    jwks_uri: Endpoint
    userinfo_endpoint: Endpoint | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    id_token_signing_alg_values_supported: list[str] = []
    authorization_response_iss_parameter_supported: bool = False

    @property
    def stays_encrypted(self) -> bool:
        """Whether a provider with TLS has TLS everywhere: only one on this machine may lead to what listens here."""
        endpoints = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, self.userinfo_endpoint)
        return not _has_tls(self.issuer) or all(_has_tls(url) for url in endpoints if url is not None)


class Discovery:
    """One provider's description and keys. Of many who ask at once, one asks the provider."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_read: datetime | None = None
        self._keys: list[PublicKey] = []
        self._keys_read: datetime | None = None
        self._failed: tuple[datetime, str] | None = None

    async def metadata(self) -> Metadata:
        """Raises ProviderUnavailable, also when it describes someone else."""
        async with self._lock:
            if self._metadata is None or not _is_within(self._metadata_read, _KEPT_FOR):
                self._metadata = await self._read_metadata()
                self._metadata_read = utcnow()
            return self._metadata

    async def keys(self, kid: str | None) -> list[PublicKey]:
        """The keys that a signature by `kid` may have been made with; all of them when it names none.
        Raises ProviderUnavailable."""
        metadata = await self.metadata()
        async with self._lock:
            is_old = not _is_within(self._keys_read, _KEPT_FOR)
            may_ask = not _is_within(self._keys_read, _KEYS_AT_MOST_EVERY)
            if is_old or (may_ask and not self._known(kid)):
                self._keys = await self._read_keys(metadata)
                self._keys_read = utcnow()
            return self._known(kid)

    def _known(self, kid: str | None) -> list[PublicKey]:
        return [key for key in self._keys if kid is None or key.kid == kid]

    async def _read_metadata(self) -> Metadata:
        body = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = Metadata.model_validate(body)
        except ValidationError as error:
            field = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
            raise self._failure(f"its description is not usable: {field}") from None
        if metadata.issuer != self._issuer:
            raise self._failure("its description is that of another issuer")
        if not metadata.stays_encrypted:
            raise self._failure("its description leads to where nothing is encrypted")
        return metadata

    async def _read_keys(self, metadata: Metadata) -> list[PublicKey]:
        entries = (await self._get(metadata.jwks_uri)).get("keys")
        if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
            raise self._failure("its keys are not usable")
        return [key for key in map(_public_key, entries) if key is not None]

    async def _get(self, url: str) -> dict[str, Any]:
        if self._failed is not None and _is_within(self._failed[0], _DOWN_FOR):
            raise ProviderUnavailable(self._failed[1])
        try:
            answer = await ask(url)
        except ProviderUnavailable as error:
            raise self._failure(str(error)) from error
        if answer.status != 200 or not answer.body:
            raise self._failure(f"{url} answers with status {answer.status} or something else than an object")
        return answer.body

    def _failure(self, reason: str) -> ProviderUnavailable:
        self._failed = (utcnow(), reason)
        return ProviderUnavailable(reason)


def _is_within(moment: datetime | None, length: timedelta) -> bool:
    return moment is not None and utcnow() - moment < length


def _public_key(entry: Any) -> PublicKey | None:
    """A key that can check a signature; None for one that can't or shouldn't (RFC 7517, 5: it is passed over)."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            # We measure for ourselves, and say no instead of warning.
            warnings.simplefilter("ignore", SecurityWarning)
            key = JWKRegistry.import_key(entry)
        if isinstance(key, OctKey):
            return None
        if isinstance(key, RSAKey) and key.public_key.key_size < _MIN_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return key
