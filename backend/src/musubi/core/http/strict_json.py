"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it, and nothing that merely looks like it."""

import json
import math
from typing import Any

MAX_MEMBERS = 1000


def parse(body: bytes) -> Any:
    """The value in `body`. Raises json.JSONDecodeError for what Python's parser would let pass or fail on in other
    ways: NaN and infinities, a key given twice, lone surrogates, bytes that aren't UTF-8, endless nesting or digits;
    and for objects with more members than any of ours, since each would be complained about."""
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_float)
        if "\\u" in text:
            # Only an escape can bring a surrogate in; encoding finds one that has no partner.
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        # Its text is part of the exception, and exceptions end up in logs.
        raise json.JSONDecodeError(error.msg, "", 0) from None
    except RecursionError:
        raise json.JSONDecodeError("Too deeply nested", "", 0) from None
    except ValueError:
        raise json.JSONDecodeError("Not valid JSON", "", 0) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise ValueError("too many members")
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
