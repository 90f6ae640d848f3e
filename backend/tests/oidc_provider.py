"""An OpenID provider of the tests' own, which says and signs whatever it is told to."""

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from musubi.core.clock import utcnow
from musubi.core.identity_provider import IdentityProvider

CLIENT_ID = "musubi-tests"
KEY = RSAKey.generate_key(2048, {"kid": "first"})

Claims = dict[str, Any]


@dataclass
class Reply:
    """What is sent for a path; without a body, its connection is closed instead."""

    body: bytes | None
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def json(cls, value: object, status: int = 200) -> Self:
        return cls(json.dumps(value).encode(), status)


class ForgingProvider:
    """Serves until its block ends. It is honest as long as nobody changes its attributes."""

    def __init__(self, name: str = "forger") -> None:
        self.asked: Counter[str] = Counter()
        """How often each path was asked for."""
        self.forms: list[dict[str, str]] = []
        """What was sent to the token endpoint, newest last."""
        self.credentials: list[str | None] = []
        """And the `Authorization` with it."""
        self.metadata: Claims = {}
        """Instead of, or beside, what the description says."""
        self.claims: Claims = {}
        """Instead of, or beside, what the ID token says; None leaves it out."""
        self.header: Claims = {}
        self.key: RSAKey | ECKey | OKPKey = KEY
        self.published: list[dict[str, Any]] = [dict(KEY.as_dict(private=False))]
        self.user_info: Claims = {}
        self.replies: dict[str, Reply | Callable[[], Reply]] = {}
        """Instead of what a path answers."""
        self.sign: Callable[[Claims], str] = self._sign
        self._name = name
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def settings(self) -> IdentityProvider:
        """How the application gets to know it."""
        return IdentityProvider(name=self._name, title="Forger", issuer=self.issuer, client_id=CLIENT_ID)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def consent(self, url: str, subject: str = "person-1", **claims: Any) -> str:
        """What someone's browser does at `url`, where we sent it. Where it is sent back to."""
        assert url.startswith(f"{self.issuer}/authorize?"), url
        request = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{len(self._codes)}"
        self._codes[code] = {**request, "sub": subject}
        self.claims = {**self.claims, **claims}
        return f"{request['redirect_uri']}?{urlencode({'code': code, 'state': request['state']})}"

    def id_token_claims(self, request: dict[str, str]) -> Claims:
        now = int(utcnow().timestamp())
        honest = {
            "iss": self.issuer,
            "sub": request["sub"],
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": request["nonce"],
        }
        return {name: value for name, value in {**honest, **self.claims}.items() if value is not None}

    def _sign(self, claims: Claims) -> str:
        algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[self.key.key_type]
        header = {"alg": algorithm, "kid": self.key.kid, **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jws.serialize_compact(header, json.dumps(claims), self.key, registry=registry)

    def _answer(self, path: str, form: dict[str, str], authorization: str | None) -> Reply:
        self.asked[path] += 1
        told = self.replies.get(path)
        if told is not None:
            return told() if callable(told) else told
        if path == "/.well-known/openid-configuration":
            return Reply.json(self._description())
        if path == "/jwks":
            return Reply.json({"keys": self.published})
        if path == "/token":
            self.forms.append(form)
            self.credentials.append(authorization)
            return self._exchange(form)
        if path == "/userinfo" and authorization == "Bearer an-access-token":
            return Reply.json(self.user_info)
        return Reply.json({"error": "not_found"}, 404)

    def _description(self) -> Claims:
        endpoints = {
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return {"issuer": self.issuer, **endpoints, **self.metadata}

    def _exchange(self, form: dict[str, str]) -> Reply:
        request = self._codes.pop(form.get("code", ""), None)
        if request is None or request["redirect_uri"] != form.get("redirect_uri"):
            return Reply.json({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (challenge, "S256") != (request["code_challenge"], request["code_challenge_method"]):
            return Reply.json({"error": "invalid_grant"}, 400)
        tokens = {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300}
        return Reply.json({**tokens, "id_token": self.sign(self.id_token_claims(request))})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._reply({name: values[0] for name, values in parse_qs(body).items()})

            def _reply(self, form: dict[str, str]) -> None:
                reply = provider._answer(self.path, form, self.headers.get("Authorization"))
                if reply.body is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """What a test asked is in `asked`."""

        return Handler
