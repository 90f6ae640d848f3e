"""Telling every process of a change once it is committed: a transactional outbox."""

from musubi.core.outbox.outbox import Outbox, Receive

__all__ = ["Outbox", "Receive"]
