"""Redis or Valkey, where there is one."""

from collections.abc import Iterator, Mapping
from typing import Any

from musubi.adapters.cache.redis import RedisCache
from musubi.doctor.finding import Finding, bad, ok, size_of, warn
from musubi.settings import Settings

OLDEST = 7
_NEARLY_FULL = 0.9


async def look_at_redis(settings: Settings) -> list[Finding]:
    """Whether it answers, is new enough, and keeps what it is given."""
    if settings.redis_url is None:
        return [ok("redis", "not configured: kept in the process, so one process only")]
    cache = RedisCache(settings.redis_url)
    try:
        await cache.ping()
        return list(judge(await cache.info()))
    except (ConnectionError, TimeoutError) as error:
        fix = "see that it runs and takes connections from here"
        return [bad("redis", f"REDIS_URL: can't be reached: {error}", fix=fix)]
    finally:
        await cache.close()


def judge(info: Mapping[str, Any]) -> Iterator[Finding]:
    """What its answers mean; none of them where it doesn't let us ask."""
    version = str(info.get("redis_version", ""))
    if not version:
        yield ok("redis", "reachable")
        return
    if int(version.partition(".")[0]) < OLDEST:
        yield bad("redis", f"version {version} is too old", fix=f"update it to {OLDEST} or newer, or to Valkey")
        return
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    text = f"reachable, version {info.get('valkey_version', version)}, {size_of(used)} used"
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if most and used >= _NEARLY_FULL * most:
        yield warn("redis", f"{text} of {size_of(most)}", fix="raise its maxmemory")
    elif most and policy.startswith("allkeys"):
        text = f"{text}; {policy} drops counters of limits before their time"
        yield warn("redis", text, fix="set its maxmemory-policy to volatile-ttl or noeviction")
    else:
        yield ok("redis", text)
