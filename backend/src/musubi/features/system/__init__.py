"""The application about itself: health, navigation, jobs, what it runs on and, in test mode, a clean start."""

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.core.permissions import Permission
from musubi.features.system import jobs_router, navigation, overview, upkeep

FEATURE = Feature(
    name="system",
    routers=(navigation.router, overview.router, jobs_router.router),
    pages=(Page("system", "/admin/system", Text("System", "システム"), "server", 95, Permission.SYSTEM_READ),),
    jobs=(upkeep.CLEAR_IDEMPOTENCY_KEYS, upkeep.CLEAR_OUTBOX, upkeep.SHORTEN_LOG, upkeep.REFRESH_STATISTICS),
    actions=("job.deleted", "job.retried"),
    install=overview.install,
)
