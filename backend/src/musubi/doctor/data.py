"""The data directory: rights, room, and the secret in it."""

import shutil
import stat
from collections.abc import Iterator

from musubi.doctor.finding import Finding, bad, ok, size_of, warn
from musubi.operations import check_data_directory
from musubi.settings import ConfigurationError, Settings

_LITTLE = 1024 * 1024 * 1024
_TOO_LITTLE = 100 * 1024 * 1024


def look_at_data(settings: Settings) -> list[Finding]:
    """Whether it can be used, and by nobody else."""
    try:
        check_data_directory(settings)
    except ConfigurationError as error:
        return [bad("data", str(error), fix="give the directory to the user that Musubi runs as")]
    return [_room(settings), *_rights(settings)]


def _room(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    free = shutil.disk_usage(folder).free
    text = f"{folder}: {size_of(free)} free"
    if free < _TOO_LITTLE:
        return bad("data", text, fix="make room: nothing more can be written")
    if free < _LITTLE:
        return warn("data", text, fix="make room soon")
    return ok("data", f"{text}, can be written to")


def _rights(settings: Settings) -> Iterator[Finding]:
    folder, secret = settings.data_dir, settings.secret_path
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        text = f"{folder} can be looked into by every user of this machine"
        yield warn("data", text, fix=f"chmod 700 {folder}")
    if settings.secret_key is not None:
        return
    try:
        mode = stat.S_IMODE(secret.stat().st_mode)
    except FileNotFoundError:
        yield ok("secret", "made at the first start")
        return
    try:
        count = len(settings.secrets())
    except ConfigurationError as error:
        yield bad("secret", str(error), fix="restore it from a backup")
        return
    if mode & 0o077:
        text = f"{secret} has mode {mode:o}: others can read what every session is signed with"
        yield bad("secret", text, fix=f"chmod 600 {secret}")
    else:
        yield ok("secret", f"{secret}, {count} {'secret' if count == 1 else 'secrets'}")
