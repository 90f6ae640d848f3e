"""The audit log: who did what, to which object, when and from where."""

from musubi.core.feature import Feature
from musubi.features.audit.log import record, record_despite_error

__all__ = ["FEATURE", "record", "record_despite_error"]

FEATURE = Feature(name="audit")
