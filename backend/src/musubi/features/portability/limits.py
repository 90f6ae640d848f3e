"""How often one may ask for one's data, and bring some. Stated at each route, as its policy is."""

from typing import Annotated

from fastapi import Depends

from musubi.core.http.rate_limit import Attempts, LimitedAttempts, Rule, by_what
from musubi.core.limits import DAY, Limit

EXPORTS = LimitedAttempts(Rule(Limit("exports", 5, DAY), by_what))
IMPORTS = LimitedAttempts(Rule(Limit("imports", 10, DAY), by_what))

ExportAttempts = Annotated[Attempts, Depends(EXPORTS)]
"""`await attempts.count(str(user_id))`."""
ImportAttempts = Annotated[Attempts, Depends(IMPORTS)]
"""`await attempts.count(str(user_id))`."""
