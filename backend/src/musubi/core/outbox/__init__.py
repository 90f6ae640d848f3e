"""Telling every process of a change once it is committed: a transactional outbox."""

from musubi.core.outbox.models import OutboxMessage
from musubi.core.outbox.outbox import KEPT, Outbox, Receive

__all__ = ["KEPT", "Outbox", "OutboxMessage", "Receive"]
