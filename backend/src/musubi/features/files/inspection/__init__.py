"""Looking into files that someone uploaded, in processes that may come to harm.

Names and declared types are claims. A file is only taken when what is in it is what both of them say, and nobody may
write such that looking costs the server more than one of these processes.
"""

from musubi.features.files.inspection.inspector import Inspected, Inspector, Reason, Refused, TooBusy

__all__ = ["Inspected", "Inspector", "Reason", "Refused", "TooBusy"]
