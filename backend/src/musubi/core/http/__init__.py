"""HTTP as the whole application speaks it: middleware, the error envelope, conditional and idempotent requests."""
