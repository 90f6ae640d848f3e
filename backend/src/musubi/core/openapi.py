"""The contract: OpenAPI with what FastAPI can't know by itself."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from musubi.core.errors import (
    AppError,
    BadRequest,
    Conflict,
    Forbidden,
    InternalServerError,
    Invalid,
    PayloadTooLarge,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
)
from musubi.core.http.envelope import ErrorEnvelope
from musubi.core.http.rate_limit import limits_of
from musubi.core.permissions import Policy

_REF = {"$ref": "#/components/schemas/ErrorEnvelope"}


def errors(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can raise `kinds`. Those that follow from its policy and its inputs are added
    by themselves."""
    return {kind.status: _response(kind) for kind in kinds}


def _response(kind: type[AppError]) -> dict[str, Any]:
    example = {
        "error": {
            "id": "5f0c7d9e-3f0a-4d53-9d0c-2f4f5b1c7a11",
            "code": kind.code,
            "message": kind.text.en,
            "details": {},
            "timestamp": "2026-01-31T09:30:00Z",
        }
    }
    return {
        "description": kind.text.en,
        "content": {"application/json": {"schema": _REF, "example": example}},
    }


def policy_of(dependant: Dependant) -> Policy | None:
    """The policy a route states: that of its first dependency that is one."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Policy):
            return dependency.call
        nested = policy_of(dependency)
        if nested is not None:
            return nested
    return None


def api_routes(app: FastAPI) -> list[RouteContext]:
    """Every route of the HTTP API."""
    return [route for route in iter_route_contexts(app.routes) if hasattr(route, "dependant")]


def check_policies(app: FastAPI) -> None:
    """Raises RuntimeError unless every route says who may call it."""
    silent = [f"{route.methods} {route.path}" for route in api_routes(app) if policy_of(route.dependant) is None]
    if silent:
        raise RuntimeError(f"routes without a policy: {', '.join(silent)}")


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for replaced in ("HTTPValidationError", "ValidationError"):
            schemas.pop(replaced, None)
        envelope = ErrorEnvelope.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(envelope.pop("$defs"))
        schemas["ErrorEnvelope"] = envelope
        components["schemas"] = dict(sorted(schemas.items()))
        document = _name_collections(document)
        components = document["components"]
        components["securitySchemes"] = {
            "bearer": {
                "type": "oauth2",
                "flows": {"password": {"tokenUrl": "/api/v1/auth/login", "scopes": {}}},
            }
        }
        for route in api_routes(app):
            _complete(document, route)
        app.openapi_schema = document
    return app.openapi_schema


def _name_collections(document: dict[str, Any]) -> dict[str, Any]:
    """`ItemReadCollection`, its title, is a better name in generated code than `Collection_ItemRead_`."""
    text = json.dumps(document)
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Collection_"):
            text = text.replace(f'/{name}"', f'/{schema["title"]}"').replace(f'"{name}":', f'"{schema["title"]}":')
    named: dict[str, Any] = json.loads(text)
    return named


def _complete(document: dict[str, Any], route: RouteContext) -> None:
    operations = document["paths"].get(route.path_format)
    policy = policy_of(route.dependant)
    if operations is None or policy is None:
        return
    limited = [RateLimited] if any(limits_of(route.dependant)) else []
    for method in route.methods or ():
        operation = operations[method.lower()]
        kinds: list[type[AppError]] = [InternalServerError, ServiceUnavailable, *limited]
        # Any request can be malformed in a way that no schema describes, a NUL in its path for one.
        kinds.append(BadRequest)
        takes_input = "requestBody" in operation or "parameters" in operation
        if takes_input:
            kinds.append(Invalid)
        if "requestBody" in operation:
            kinds.append(PayloadTooLarge)
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ())):
            # The first request with the key is still being served.
            kinds.append(Conflict)
        if policy.needs_sign_in:
            operation["security"] = [{"bearer": []}]
            kinds.append(Unauthorized)
        if policy.permission is not None:
            kinds.append(Forbidden)
            operation["x-permission"] = policy.permission.value
        responses = operation["responses"]
        for kind in kinds:
            described = responses.get(str(kind.status))
            if described is None or "HTTPValidationError" in str(described):
                responses[str(kind.status)] = _response(kind)
        operation["responses"] = dict(sorted(responses.items()))
