"""Writing the audit log."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core import context
from musubi.core.clock import utcnow
from musubi.core.database import outlive_rollback
from musubi.features.audit.models import AuditEntry


async def record(
    session: AsyncSession,
    action: str,
    *,
    object_type: str,
    object_id: int | None,
    details: dict[str, Any] | None = None,
    actor_id: int | None = None,
) -> None:
    """Note in this transaction that the caller, or `actor_id`, did `action` (`password.changed`) to an object.

    When, from where and in which request is added. `details` hold no secret: what is in them is shown to
    administrators.
    """
    await session.execute(insert(AuditEntry), _values(action, object_type, object_id, details, actor_id))


def record_despite_error(
    session: AsyncSession,
    action: str,
    *,
    object_type: str,
    object_id: int | None,
    details: dict[str, Any] | None = None,
    actor_id: int | None = None,
) -> None:
    """The same for what the reply refuses: it is written if this transaction is rolled back."""
    values = _values(action, object_type, object_id, details, actor_id)

    async def write(survivor: AsyncSession) -> None:
        await survivor.execute(insert(AuditEntry), values)

    outlive_rollback(session, write)


def _values(
    action: str, object_type: str, object_id: int | None, details: dict[str, Any] | None, actor_id: int | None
) -> dict[str, Any]:
    return {
        "at": utcnow(),
        "actor_id": actor_id or context.actor_id.get(),
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "details": details or {},
        "address": context.client_address.get(),
        "request_id": context.request_id.get(),
    }
