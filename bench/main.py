"""The command: what is measured in which order."""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from statistics import median

import uvloop

from bench.against_raw import measure_against_raw
from bench.compare import Comparison
from bench.effort import QUICK, THOROUGH, Effort
from bench.fanout import READERS, FanOut, Silent, measure_fan_out
from bench.lists import SearchTimes, measure_depth, measure_search
from bench.load import CONNECTIONS, UnexpectedAnswer
from bench.report import render
from bench.results import Results
from bench.seed import fill_postgres, make_reference
from bench.servers import Cores, Embedded, Musubi, Raw, RawLive, RawUpload, Server, forget_settings, make_secret, on
from bench.uploads import measure_uploads
from tests.services import ServiceError, postgres, valkey

_POSTGRES_SETTINGS = {
    # As durable as PostgreSQL comes: a commit waits for the disk on both sides.
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    # It would come and go as it likes; the tables are vacuumed once they are full.
    "autovacuum": "off",
}


# All readers are one user, and its writers say more than people do.
_MANY_SOCKETS = {"MUSUBI_LIVE_CONNECTIONS_PER_USER": "10000", "MUSUBI_RATE_LIMITS": "off"}
_MANY_FILES = {"MUSUBI_FILE_QUOTA_BYTES": str(2**40), "MUSUBI_RATE_LIMITS": "off"}


def main() -> int:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description="Measure the API on throwaway servers of its own.")
    parser.add_argument("--quick", action="store_true", help="a first idea instead of figures to go by")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("it reads /proc and pins processes to cores, so it needs Linux")
    forget_settings()
    try:
        results = measure(QUICK if options.quick else THOROUGH)
    except (ServiceError, Silent, UnexpectedAnswer, ValueError, OSError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(asdict(results), indent=2) if options.json else render(results))
    return 0


def measure(effort: Effort) -> Results:
    """Start one database after the other, measure on it, and stop it."""
    secret, cores = make_secret(), Cores.of_this_machine()
    depth: dict[str, Comparison] = {}
    search: dict[str, list[SearchTimes]] = {}
    memory: dict[str, float] = {}
    fan_out: dict[int, FanOut] = {}
    with on(cores.rest):
        _say("making up the data")
        reference = make_reference()
        _say("filling PostgreSQL")
        with postgres(_POSTGRES_SETTINGS) as database, valkey() as store:
            asyncio.run(fill_postgres(database.url, reference))
            urls = {"DATABASE_URL": database.url, "REDIS_URL": store.url}
            with (
                Musubi(cores.server, secret, urls) as ours,
                Raw(cores.server, secret, database.url, CONNECTIONS) as raw,
            ):
                memory["PostgreSQL, idle"] = ours.resident_mib
                _say("measuring beside the raw handler")
                against_raw = uvloop.run(measure_against_raw(ours, raw, reference, effort, secret))
                memory["PostgreSQL, after the load"] = ours.resident_mib
                _say("measuring long lists")
                depth["PostgreSQL"] = uvloop.run(measure_depth(ours, effort, secret))
                search["PostgreSQL"] = uvloop.run(measure_search(ours, reference, effort, secret))
            _say("measuring live connections")
            for readers in READERS:
                # One after the other on servers of their own: what memory the first gave back would be the second's.
                with Musubi(cores.server, secret, urls | _MANY_SOCKETS) as ours, RawLive(cores.server) as raw_live:
                    fan_out[readers] = uvloop.run(measure_fan_out(ours, raw_live, readers, effort, secret))
            _say("measuring uploads")
            with Musubi(cores.server, secret, urls | _MANY_FILES) as ours, RawUpload(cores.server) as raw_upload:
                uploads = uvloop.run(measure_uploads(ours, raw_upload, effort, secret))
        _say("filling SQLite")
        with Embedded(cores.server, secret, reference) as embedded:
            memory["SQLite, idle"] = embedded.resident_mib
            _say("measuring long lists")
            depth["SQLite"] = uvloop.run(measure_depth(embedded, effort, secret))
            search["SQLite"] = uvloop.run(measure_search(embedded, reference, effort, secret))
            _say("measuring the start")
            start_seconds = median(_start_again(embedded) for _ in range(effort.starts))
    return Results(against_raw, depth, search, fan_out, uploads, start_seconds, memory)


def _start_again(server: Server) -> float:
    server.stop()
    started = time.perf_counter()
    server.start()
    return time.perf_counter() - started


def _say(what: str) -> None:
    sys.stderr.write(f"bench: {what}\n")
