"""What becomes of mail is counted."""

import pytest

from tests.conftest import AppMaker
from tests.features.mail.test_delivery import client_of
from tests.limits import app_of
from tests.mail_server import mail_server
from tests.scraping import Recorded
from tests.support import make_actor


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("sent", None), ("refused", "550 5.1.1 No such user here"), ("unavailable", "451 4.3.0 Try again later")],
)
async def test_outcomes(make_client: AppMaker, outcome: str, said: str | None) -> None:
    async with mail_server() as server:
        if said is not None:
            server.answers["RCPT"] = [said]
        client = await client_of(make_client, server.port)
        await make_actor(client, "hanako")
        recorded = Recorded()
        await app_of(client).state.jobs.drain()
    assert recorded.since("musubi_mails_total", outcome=outcome) == 1
    assert recorded.since("musubi_mails_total") == 1
