"""deploy.sh under load, through a real gateway: nobody notices an update, nor one that fails."""

from collections.abc import Iterator

import pytest

from tests.deploy.installation import Machine, machine
from tests.deploy.load import under_load
from tests.services import Postgres, postgres, valkey


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, database: Postgres) -> Iterator[Machine]:
    """A machine for all tests here, on which nothing of Musubi runs at first."""
    with valkey() as store, machine(tmp_path_factory.mktemp("machine"), database, store) as made:
        yield made


@pytest.fixture
async def host(bare: Machine) -> Machine:
    """The machine with an installation that works."""
    if not bare.installed:
        bare.installed = bare.release()
        first = await bare.deploy(bare.installed)
        assert await first.end() == 0, first.story
    assert bare.versions() == [bare.installed] * 2
    return bare


async def test_an_update_under_load(host: Machine, database: Postgres) -> None:
    version = host.release()
    async with under_load(host, database.url, "update"):
        update = await host.deploy(version)
        await update.until("Fetch")
        # Someone else has the same idea at the same time.
        other = await host.deploy(version)
        assert await other.end() == 1
        assert f"another deployment is under way: to {version}, process {update.process_id}" in other.printed
        assert await update.end() == 0, update.story
        assert host.versions() == [version] * 2
    again = await host.deploy(version)
    assert await again.end() == 0
    assert again.printed == f"Every backend runs {version} already\n"
    host.installed = version


async def test_a_version_that_is_never_ready_is_taken_back(host: Machine, database: Postgres) -> None:
    """The first backend runs it already when the second one doesn't become ready."""
    addresses = [address for address, _ in host.serving()]
    version = host.release(broken_at=int(addresses[1].partition(":")[2]))
    async with under_load(host, database.url, "broken"):
        update = await host.deploy(version)
        assert await update.end() == 1
        assert f"done    Replace {addresses[0]} by {version}" in update.printed
        *_, line = update.printed.splitlines()
        assert line.startswith(f"deploy: {addresses[1]} isn't ready with {version} after")
        assert f"every backend runs {host.installed} again. The log is {host.place}" in line
        assert host.serving() == [(address, host.installed) for address in addresses]


async def test_an_interrupted_update_is_finished_by_the_next_run_and_can_be_taken_back(host: Machine) -> None:
    version = host.release()
    update = await host.deploy(version)
    await update.until_begun("Replace")
    update.interrupt()
    assert await update.end() == 1, update.story
    assert "ended by SIGINT between two backends; all serve" in update.printed
    assert host.versions() == [version, host.installed]

    again = await host.deploy(version)
    assert await again.end() == 0, again.story
    assert host.versions() == [version] * 2

    back = await host.deploy("--rollback")
    assert await back.end() == 0, back.story
    assert host.versions() == [host.installed] * 2


async def test_a_version_that_the_running_one_does_not_get_along_with_waits_for_leave(host: Machine) -> None:
    version = host.release(cuts_off=True)
    refused = await host.deploy(version)
    assert await refused.end() == 1
    assert "nothing was changed for anyone: it doesn't get along" in refused.printed
    assert host.versions() == [host.installed] * 2

    update = await host.deploy("--with-pause", version)
    assert await update.end() == 0, update.story
    lines = [line.partition("  done    ")[2] for line in update.printed.splitlines()]
    assert lines.index("Stop every backend") < lines.index("Migrate the database")
    assert host.versions() == [version] * 2
    host.installed = version


async def test_backends_are_replaced_by_others_as_containers_are(host: Machine, database: Postgres) -> None:
    before = dict(host.serving())
    version = host.release()
    with host.starting_others():
        async with under_load(host, database.url, "others"):
            update = await host.deploy(version)
            assert await update.end() == 0, update.story
    after = dict(host.serving())
    assert list(after.values()) == [version] * 2
    assert not after.keys() & before.keys()
    host.installed = version
