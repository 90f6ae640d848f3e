"""How often one may upload. Stated at each route, as its policy is."""

from typing import Annotated

from fastapi import Depends

from musubi.core.http.rate_limit import Attempts, LimitedAttempts, Rule, by_what
from musubi.core.limits import HOUR, Limit

UPLOADS = LimitedAttempts(Rule(Limit("uploads", 600, HOUR), by_what))
"""Generous: the quota bounds what is kept, this what is looked into."""

UploadAttempts = Annotated[Attempts, Depends(UPLOADS)]
"""`await attempts.count(str(user_id))`."""
