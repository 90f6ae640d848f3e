"""Jobs: work that a change leaves behind, and work that comes round by itself.

A job is a row in the transaction of the change that asks for it, so it exists if, and only if, the change does. It
runs at least once, in whichever process takes it first.
"""

from musubi.core.jobs.kinds import AnyKind, Discard, JobKind, Periodic
from musubi.core.jobs.models import Job
from musubi.core.jobs.service import Jobs

__all__ = ["AnyKind", "Discard", "Job", "JobKind", "Jobs", "Periodic"]
