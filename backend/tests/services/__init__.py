"""Throwaway servers of PostgreSQL, Valkey and S3, private to whoever starts them.

    with postgres() as database, valkey() as store:
        create_engine(database.url), Redis.from_url(store.url)

Each has a port, a password and a folder of its own, keeps nothing, and goes away whatever happens to its
owner: a return, an exception, a signal, or a SIGKILL. Servers that already run on the machine are neither
used nor touched.
A `black_hole` is a network that loses everything, to be put before one of them.
`python -m tests.services run -- COMMAND` gives the first two to any command, through the variables in `environment()`;
`python -m tests.services s3 -- COMMAND` gives it a server of S3.
"""

from .blackhole import BlackHole, black_hole
from .moto import Moto, moto
from .postgres import Postgres, postgres
from .service import ServiceError
from .valkey import Valkey, valkey

POSTGRES_URL = "MUSUBI_TEST_POSTGRES_URL"
REDIS_URL = "MUSUBI_TEST_REDIS_URL"
S3_URL = "MUSUBI_TEST_S3_URL"


def environment(database: Postgres, store: Valkey) -> dict[str, str]:
    """The variables that tell a test run where its servers are.

    The PostgreSQL URL is of a maintenance database, as a superuser: tests create databases of their own.
    """
    return {POSTGRES_URL: database.url, REDIS_URL: store.url}


__all__ = [
    "POSTGRES_URL",
    "REDIS_URL",
    "S3_URL",
    "BlackHole",
    "Moto",
    "Postgres",
    "ServiceError",
    "Valkey",
    "black_hole",
    "environment",
    "moto",
    "postgres",
    "valkey",
]
