"""One's own data: an archive of it to take along, and what is brought from one."""

from musubi.core.feature import Feature
from musubi.features.accounts.events import UserDeleted
from musubi.features.portability import clean_up, router
from musubi.features.portability.building import BUILD_EXPORT
from musubi.features.portability.clean_up import CLEAN_UP
from musubi.features.portability.importing import IMPORT_ARCHIVE

FEATURE = Feature(
    name="portability",
    routers=(router.router,),
    handlers={UserDeleted: clean_up.follow_user},
    jobs=(BUILD_EXPORT, IMPORT_ARCHIVE, CLEAN_UP),
    actions=("export.requested", "import.done"),
    streams=router.STREAMS,
)
