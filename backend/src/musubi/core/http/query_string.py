"""Query strings that are read into a model, where FastAPI would take longer for it than for all the rest.

`Annotated[Model, Query()]` looks anew at the type of each field for every request. A route that is asked often calls
`read_query` instead, and tells the contract of its parameters with `openapi_extra=parameters_of(Model)`.
"""

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

M = TypeVar("M", bound=BaseModel)


def read_query(request: Request, model: type[M]) -> M:
    """The parameters of a request; of one that is given twice, the last. Raises RequestValidationError."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from None


def parameters_of(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of `model` as OpenAPI describes parameters."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"parameters": [_parameter(name, field, schema) for name, field in schema["properties"].items()]}


def _parameter(name: str, field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    # Null is how a parameter that is left out looks to us; nobody can send it.
    described = {key: value for key, value in field.items() if (key, value) != ("default", None)}
    described.setdefault("title", name.replace("_", " ").title())
    parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": described}
    if "description" in described:
        parameter["description"] = described["description"]
    return parameter
