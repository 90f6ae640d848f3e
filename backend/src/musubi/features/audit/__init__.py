"""The audit log: who did what, to which object, when and from where."""

from musubi.core.feature import Feature, Page
from musubi.core.i18n import Text
from musubi.core.permissions import Permission
from musubi.features.audit import router
from musubi.features.audit.log import record, record_despite_error

__all__ = ["FEATURE", "record", "record_despite_error"]

FEATURE = Feature(
    name="audit",
    routers=(router.router,),
    pages=(Page("audit", "/admin/audit", Text("Audit log", "監査ログ"), "scroll-text", 91, Permission.AUDIT_READ),),
)
