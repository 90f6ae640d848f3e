"""A mail that was written arrives, wherever between the commit and the mail server the process was killed."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.mail_server import mail_server
from tests.processes import MusubiServer, Variables
from tests.services import postgres
from tests.services.service import free_port
from tests.support import PASSWORD

FORM = {"username": "hanako", "email": "hanako@example.com", "password": PASSWORD}


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Variables]:
    """The settings of the embedded database, and of a PostgreSQL."""
    if request.param == "sqlite":
        yield {}
        return
    with postgres() as cluster:
        yield {"DATABASE_URL": cluster.url, "MUSUBI_AUTO_MIGRATE": "true"}


@pytest.fixture
def mail_port() -> int:
    return free_port()


@pytest.fixture
def variables(database: Variables, mail_port: int) -> Variables:
    return {**database, "MUSUBI_SMTP_URL": f"smtp://127.0.0.1:{mail_port}?starttls=never"}


def register(server: MusubiServer) -> None:
    """Make an account, which writes a mail."""
    reply = httpx.post(f"{server.url}/api/v1/auth/register", json=FORM, timeout=60)
    assert reply.status_code == 201, reply.text


async def test_killed_between_the_commit_and_the_mail(tmp_path: Path, variables: Variables, mail_port: int) -> None:
    async with mail_server(port=mail_port) as mails:
        # Nobody in this process takes jobs: it is killed before anyone could send the mail.
        with MusubiServer(tmp_path, changes={**variables, "MUSUBI_JOB_WORKERS": "0"}) as server:
            register(server)
            server.kill()
        assert mails.offered == 0
        with MusubiServer(tmp_path, changes=variables) as server:
            await mails.until_taken(1)
            assert mails.mails[0]["To"] == "hanako@example.com"
            server.stop()
    assert len(mails.mails) == 1


async def test_killed_while_there_is_no_mail_server(tmp_path: Path, variables: Variables, mail_port: int) -> None:
    with MusubiServer(tmp_path, changes=variables) as server:
        register(server)
        server.kill()
        async with mail_server(port=mail_port) as mails:
            server.start()
            await mails.until_taken(1)
            assert mails.mails[0]["To"] == "hanako@example.com"
            server.stop()
    assert len(mails.mails) == 1


async def test_killed_in_the_middle_of_the_mail(tmp_path: Path, variables: Variables, mail_port: int) -> None:
    """The server has all of it and has not said yes: it can't be known whether it will deliver that one."""
    async with mail_server(port=mail_port) as mails:
        mails.stalls = True
        with MusubiServer(tmp_path, changes=variables) as server:
            register(server)
            await mails.until_offered(1)
            server.kill()
            mails.stalls = False
            server.start()
            # Once the lease of the process that died has run out.
            await mails.until_taken(1)
            assert mails.mails[0]["To"] == "hanako@example.com"
            server.stop()
    assert mails.offered == 2
