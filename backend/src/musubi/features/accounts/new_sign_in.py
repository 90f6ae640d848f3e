"""Telling people of a sign-in from somewhere they were not seen before."""

import asyncio
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from musubi.core.jobs import JobKind, Jobs
from musubi.core.types import AnyRow
from musubi.features.accounts import mailed_repository, repository
from musubi.features.accounts.device import Device, describe
from musubi.features.accounts.mails import AccountMails

# In bits: about what one provider hands out in one region. A phone gets another address every hour, and a notice that
# comes every hour is read by nobody.
_NETWORK_V4 = 16
_NETWORK_V6 = 32

Place = tuple[Device, str | None]
"""What a sign-in is compared by: browser, system, network."""


async def watch(session: AsyncSession, jobs: Jobs, session_id: int) -> None:
    """After a sign-in: have it told, if it is from somewhere new. The first one of an account never is."""
    # Reading what a browser says of itself takes a while, so only what isn't seen at a glance is left to a job.
    if not await mailed_repository.is_known_place(session, session_id):
        await jobs.enqueue(session, TELL_OF_SIGN_IN, {"session_id": session_id})


async def _tell(app: FastAPI, payload: dict[str, Any]) -> None:
    async with app.state.database.reading() as reader:
        sign_in = await mailed_repository.get_sign_in(reader, payload["session_id"])
        if sign_in is None:
            return
        earlier = await mailed_repository.places_before(reader, sign_in)
    if await asyncio.to_thread(_is_among, sign_in, earlier):
        return
    mails: AccountMails = app.state.accounts.mails
    async with app.state.database.transaction() as session:
        user = await repository.get_user(session, sign_in.user_id)
        if user is not None:
            device = describe(sign_in.user_agent)
            await mails.new_sign_in(session, user, device=device, address=sign_in.address, at=sign_in.created_at)


def _is_among(sign_in: AnyRow, earlier: Iterable[AnyRow]) -> bool:
    place = _place(sign_in)
    return any(_place(row) == place for row in earlier)


def _place(row: AnyRow) -> Place:
    return describe(row.user_agent), network_of(row.address)


def network_of(address: str | None) -> str | None:
    """The neighbourhood of an address; what is none stands for itself."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = _NETWORK_V6 if isinstance(parsed, IPv6Address) else _NETWORK_V4
    return str(ip_network((parsed, bits), strict=False))


TELL_OF_SIGN_IN = JobKind("accounts.tell_of_sign_in", _tell)
