"""Limits at routes: as dependencies, so that they stand where the route does and the contract knows of them.

`Limited` counts every request. `LimitedAttempts` counts only those that fail, for what can be guessed: passwords and
codes. Both put `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) on every reply of the route.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from fastapi.dependencies.models import Dependant

from musubi.core import context, metrics
from musubi.core.errors import AppError, RateLimited, ServiceUnavailable
from musubi.core.limits import Limit, Limiter, Quota


def by_address(_about: str) -> str:
    """Where the request came from. An IPv6 address counts by its /64: that many belong to one connection."""
    host = context.client_address.get() or ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def by_what(about: str) -> str:
    """What the attempt is about, an account for one, wherever it comes from."""
    return about


def by_both(about: str) -> str:
    return f"{by_address(about)} {about}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit, and by what it counts."""

    limit: Limit
    by: Callable[[str], str] = by_address
    is_forgiven: bool = False
    """Whether one success takes back the failures before it."""


class LimitedRoute:
    """What both dependencies have in common."""

    def __init__(self, *rules: Rule | Limit) -> None:
        self._rules = tuple(Rule(rule) if isinstance(rule, Limit) else rule for rule in rules)

    @property
    def limits(self) -> tuple[Limit, ...]:
        return tuple(rule.limit for rule in self._rules)


class Limited(LimitedRoute):
    """Counts each request of its route by client address, and refuses what is too many."""

    async def __call__(self, request: Request) -> None:
        await _Counters(request, self._rules, "").take()


class LimitedAttempts(LimitedRoute):
    """Gives the route the `Attempts` at something that can be guessed or abused."""

    async def __call__(self, request: Request) -> "Attempts":
        return Attempts(request, self._rules)


class Attempts:
    """Attempts at what only the route knows: the account in the form, the user behind a token."""

    def __init__(self, request: Request, rules: tuple[Rule, ...]) -> None:
        self._request = request
        self._rules = rules

    async def count(self, about: str) -> None:
        """Count this request. Raises RateLimited."""
        await _Counters(self._request, self._rules, about).take()

    @asynccontextmanager
    async def at(self, about: str, *, failure: type[AppError]) -> AsyncIterator[None]:
        """A block that tries something, and raises `failure` when that was wrong. Raises RateLimited instead of
        beginning when there were too many failures.

        Of many attempts at once all may begin, but no more are told how they ended than the limit allows: a failure
        is counted before it is told, and a success is told only while something is left. So a storm of right
        attempts locks nobody out, and a storm of wrong ones learns no more than if they came one by one.
        """
        counters = _Counters(self._request, self._rules, about)
        await counters.check()
        try:
            yield
        except failure:
            await counters.take()
            raise
        except ServiceUnavailable:
            # It was never tried.
            raise
        except AppError:
            await counters.check()
            raise
        await counters.check()
        await counters.forgive()


class _Counters:
    """The counters that one request touches; none when limits are off."""

    def __init__(self, request: Request, rules: tuple[Rule, ...], about: str) -> None:
        self._request = request
        limiter: Limiter | None = request.app.state.limiter
        self._counters = () if limiter is None else tuple(_Counter(request, limiter, rule, about) for rule in rules)

    async def check(self) -> None:
        self._tell_or_refuse(await self._quotas())

    async def take(self) -> None:
        for counter in self._counters:
            if not await counter.hit():
                # The longer limits don't count what got no answer.
                self._tell_or_refuse(await self._quotas(), refused=counter.limit)
        self._tell(await self._quotas())

    async def forgive(self) -> None:
        forgiven = [counter for counter in self._counters if counter.is_forgiven]
        if forgiven:
            await asyncio.gather(*(counter.forget() for counter in forgiven))
            self._tell(await self._quotas())

    async def _quotas(self) -> list[Quota]:
        return await asyncio.gather(*(counter.quota() for counter in self._counters))

    def _tell_or_refuse(self, quotas: list[Quota], *, refused: Limit | None = None) -> None:
        self._tell(quotas)
        used_up = [quota for quota in quotas if quota.is_used_up or quota.limit == refused]
        if used_up:
            for quota in used_up:
                metrics.limit_refusals.labels(quota.limit.name).inc()
            raise RateLimited(headers={"Retry-After": str(max(quota.seconds for quota in used_up))})

    def _tell(self, quotas: list[Quota]) -> None:
        told: dict[str, Quota] = getattr(self._request.state, "quotas", {})
        told |= {quota.limit.name: quota for quota in quotas}
        self._request.state.quotas = told
        if told:
            tightest = min(told.values(), key=lambda quota: (quota.remaining, -quota.seconds))
            headers = context.reply_headers.get()
            headers[b"ratelimit-policy"] = ", ".join(quota.limit.policy for quota in told.values()).encode()
            headers[b"ratelimit"] = tightest.rate.encode()


class _Counter:
    """One limit's count of one subject."""

    def __init__(self, request: Request, limiter: Limiter, rule: Rule, about: str) -> None:
        changed: dict[str, Limit] = request.app.state.changed_limits
        self.limit = changed.get(rule.limit.name, rule.limit)
        self.is_forgiven = rule.is_forgiven
        self._limiter = limiter
        self._subject = rule.by(about)

    async def hit(self) -> bool:
        return await self._limiter.hit(self.limit, self._subject)

    async def quota(self) -> Quota:
        return await self._limiter.quota(self.limit, self._subject)

    async def forget(self) -> None:
        await self._limiter.forget(self.limit, self._subject)


def limits_of(dependant: Dependant) -> Iterator[Limit]:
    """The limits of a route, wherever among its dependencies they stand."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Limited | LimitedAttempts):
            yield from dependency.call.limits
        yield from limits_of(dependency)
