"""What is counted and measured for Prometheus: every instrument of the application.

Recording is always safe and takes about a microsecond, whether anybody asks or not. Labels have few values, known
beforehand: never a user, an id, an address or a path that a client made up.

Several processes write to files of one directory, when the server sets one up before they start (`metrics_server`), and
are added up. So each gauge says how: the sum or the extreme of the living ones, or what was written last, for what is
the same for all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# When a counter began is a second series for each; Prometheus notices a restart without it.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()

_SHARED = "It is the same for all processes of an installation: use max(), not sum()."
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30)
_WAIT_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10)
_WORK_SECONDS = (0.01, 0.05, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)

Labels = Mapping[str, tuple[str, ...]]
"""The names of labels, with those of their values that are known here."""


def _known(labels: Labels) -> list[tuple[str, ...]]:
    return list(product(*labels.values())) if labels else []


def _counter(name: str, text: str, **labels: tuple[str, ...]) -> Counter:
    counter = Counter(f"musubi_{name}", text, tuple(labels), registry=REGISTRY)
    for values in _known(labels):
        # There from the start, so that the first event is seen as an increase.
        counter.labels(*values)
    return counter


def _histogram(name: str, text: str, buckets: tuple[float, ...], **labels: tuple[str, ...]) -> Histogram:
    histogram = Histogram(f"musubi_{name}_seconds", text, tuple(labels), buckets=buckets, registry=REGISTRY)
    for values in _known(labels):
        histogram.labels(*values)
    return histogram


def _gauge(name: str, text: str, mode: str, *labels: str) -> Gauge:
    return Gauge(f"musubi_{name}", text, labels, registry=REGISTRY, multiprocess_mode=mode)  # type: ignore[arg-type]


def _shared_gauge(name: str, text: str, *labels: str) -> Gauge:
    return _gauge(name, f"{text} {_SHARED}", "mostrecent", *labels)


# HTTP; `core.http.measuring` records these.
http_requests = _counter("http_requests_total", "Requests that were answered.", method=(), route=(), status=())
http_duration = _histogram(
    "http_request_duration", "From a request's head to the end of its answer.", _REQUEST_SECONDS, method=(), route=()
)
http_in_progress = _gauge("http_requests_in_progress", "Requests that are being answered.", "livesum")

# The database.
POOLS = ("session", "driver")
pool_size = _gauge("database_pool_size", "Connections that a pool may have.", "livesum", "pool")
pool_in_use = _gauge("database_pool_in_use", "Connections in use, sampled every few seconds.", "livesum", "pool")
pool_wait = _histogram(
    "database_pool_wait", "How long those waited that found no connection free.", _WAIT_SECONDS, pool=POOLS
)
pool_timeouts = _counter("database_pool_timeouts_total", "Who waited for a connection in vain.", pool=POOLS)
database_failures = _counter(
    "database_failures_total",
    "Statements that failed: the database was away, a constraint refused them, or they were wrong.",
    kind=("unavailable", "conflict", "other"),
)

# The outbox: messages between processes.
outbox_messages = _shared_gauge("outbox_messages", "Messages that are kept.")
outbox_oldest = _shared_gauge("outbox_oldest_age_seconds", "The age of the oldest message that is kept.")
outbox_missed = _counter("outbox_missed_total", "Messages that came late: they were not heard, but found by the sweep.")
outbox_failures = _counter("outbox_failures_total", "Messages whose receiver failed.")

# Jobs.
jobs = _shared_gauge("jobs", "Jobs by state; a periodic one is counted while it runs.", "state")
jobs_oldest = _shared_gauge("jobs_oldest_waiting_seconds", "How long the job that is most overdue has been due.")
job_runs = _counter(
    "job_runs_total",
    "Attempts: done, failed, dead, timeout, given_back (the process stopped), lost (another process took it over).",
    kind=(), outcome=(),
)  # fmt: skip
job_duration = _histogram("job_duration", "How long attempts took.", _WORK_SECONDS, kind=())

# Live connections.
live_sockets = _gauge("live_sockets", "Live connections.", "livesum")
live_rooms = _gauge("live_rooms", "Rooms that someone in this process listens to; sampled.", "livesum")
live_opened = _counter("live_opened_total", "Live connections that were let in.")
live_closed = _counter(
    "live_closed_total",
    "Live connections that the server ended or refused: the close code, slow (it did not read), silent (no pong).",
    reason=("1012", "1013", "4001", "4003", "4004", "4008", "4009", "4010", "slow", "silent"),
)
live_received = _counter("live_frames_received_total", "Frames that clients sent.")
live_sent = _counter("live_frames_sent_total", "Frames that were written to clients.")

# Redis: cache, limits, bus.
cache_reads = _counter("cache_reads_total", "Values that were asked for.", result=("hit", "miss"))
_HITS, _MISSES = cache_reads.labels("hit"), cache_reads.labels("miss")
cache_errors = _counter("cache_errors_total", "Operations that the cache did not answer.")
limit_refusals = _counter("limit_refusals_total", "What was refused because there was too much of it.", limit=())
limiter_fallbacks = _counter("limiter_fallbacks_total", "Times that the shared limiter was away.")
bus_connected = _gauge("bus_connected", "1 if a process hears the others and is heard; always, alone.", "livemin")
bus_dropped = _counter("bus_dropped_total", "Messages that were never sent; the sweeps find what they told of.")

# People.
METHODS = ("password", "passkey", "oidc", "second_factor")
sign_ins = _counter(
    "sign_ins_total",
    "Sign-ins: success, failed (wrong, or the provider is), refused (not let in). A second factor counts when wrong.",
    method=METHODS, outcome=("success", "failed", "refused"),
)  # fmt: skip
registrations = _counter("registrations_total", "Accounts that people made.")

# Files.
UPLOADS = ("simple", "resumable", "archive")
uploads = _counter(
    "uploads_total", "Files that arrived as a whole.", kind=UPLOADS, outcome=("taken", "refused", "failed")
)
upload_bytes = _counter("upload_bytes_total", "Bytes of the files that were taken.", kind=UPLOADS)
inspections = _counter(
    "inspections_total", "What was found in files: good, busy, or why one is refused.", outcome=("good", "busy")
)
inspection_duration = _histogram("inspection_duration", "Waiting for an inspection and having it.", _WORK_SECONDS)
STORAGE_OPERATIONS = ("put", "read", "delete", "list", "tidy", "url", "ping")
storage_operations = _counter(
    "storage_operations_total",
    "What was asked of the storage of files.",
    operation=STORAGE_OPERATIONS, outcome=("success", "missing", "full", "unavailable", "failed"),
)  # fmt: skip
storage_duration = _histogram(
    "storage_operation_duration", "How long the storage took; a read until its end.", _WORK_SECONDS,
    operation=STORAGE_OPERATIONS,
)  # fmt: skip

mails = _counter(
    "mails_total", "Attempts to send mail.", outcome=("sent", "refused", "unavailable", "unreadable", "kept")
)

# The process and what it stands on; `features.system.observation` looks after these.
ready = _gauge("ready", "1 if every process can serve requests, as /health/ready says.", "livemin")
build_info = _gauge("build_info", "1, for the version that runs.", "livemax", "version")
processes = _gauge("processes", "Processes that serve.", "livesum")
cpu_seconds = _counter("process_cpu_seconds_total", "Time on the processor, of all processes.")
resident_bytes = _gauge("process_resident_bytes", "Memory in use, of all processes.", "livesum")
open_files = _gauge("process_open_files", "Open file descriptors, of the process that has most.", "livemax")
open_files_limit = _gauge("process_open_files_limit", "How many a process may have.", "livemin")
loop_lag = _gauge("event_loop_lag_seconds", "How late the event loop woke up last, of the worst process.", "livemax")
data_free_bytes = _gauge("data_free_bytes", "Free room where the data directory lies.", "mostrecent")
data_size_bytes = _gauge("data_size_bytes", "The whole room where the data directory lies.", "mostrecent")
backup_success = _shared_gauge("backup_last_success_timestamp_seconds", "When the last backup was made; 0: never.")


def count_reads(found: Sequence[bytes | None]) -> None:
    """Count what a cache had and hadn't."""
    missing = found.count(None)
    _HITS.inc(len(found) - missing)
    _MISSES.inc(missing)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """A block that counts as long as it takes, also when it raises."""
    started = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - started)
