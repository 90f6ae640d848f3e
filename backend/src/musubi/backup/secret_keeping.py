"""What becomes of the secrets in a backup when it is restored: none is ever lost silently."""

import os
from pathlib import Path

from musubi.backup.errors import BackupError
from musubi.backup.keys import Secrets, fits_file, secrets_of
from musubi.backup.verifying import Verified
from musubi.core.clock import utcnow
from musubi.core.disk import synchronize
from musubi.core.keyring import KeyRing
from musubi.settings import Settings

_BESIDE = "previous-secrets"


def check_secrets(settings: Settings, verified: Verified, *, overwrite: bool) -> None:
    """Raise BackupError where a restore would take the place of another secret without being told to."""
    there = secrets_of(settings)
    if (
        verified.secrets
        and there.values
        and not there.is_outside
        and there.values != verified.secrets
        and not overwrite
    ):
        raise BackupError(f"{settings.secret_path} holds another secret; --overwrite keeps a copy of it in backups/")


def keep_secrets(settings: Settings, verified: Verified) -> list[str]:
    """Put the secrets of a backup where they belong. Returns what is left to do, for people."""
    there = secrets_of(settings)
    if not there.is_outside and verified.secrets and fits_file(verified.secrets):
        return [] if there.values == verified.secrets else _put(settings, verified.secrets, there)
    known = set(there.names)
    missing = [name for name in verified.manifest.keys if name not in known]
    if not missing:
        return []
    lost = "without it sessions, second factors and waiting mails of the backup can't be read"
    if not verified.secrets:
        where = "SECRET_KEY, or MUSUBI_PREVIOUS_SECRET_KEYS beside another one"
        return [f"The secret {', '.join(missing)} is not in the backup: set it as {where}; {lost}."]
    path = _write_beside(settings, [key.secret for key in KeyRing(*verified.secrets) if key.kid in missing])
    if not there.is_outside:
        return [f"Set SECRET_KEY to what is in {path} (what is behind a comma: MUSUBI_PREVIOUS_SECRET_KEYS); {lost}."]
    return [
        f"SECRET_KEY is another one than that of the backup: set MUSUBI_PREVIOUS_SECRET_KEYS to what is in {path}, "
        f"before what it may have already; {lost}."
    ]


def _put(settings: Settings, secrets: tuple[bytes, ...], before: Secrets) -> list[str]:
    notes = []
    path = settings.secret_path
    if before.values:
        folder = settings.data_dir / "backups"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = folder / f"secret-{utcnow().strftime('%Y%m%dT%H%M%S%fZ')}-before-restore.key"
        _write(copy, b"\n".join(before.values))
        notes.append(f"The secret that was there is in {copy} now.")
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    _write(temporary, b"\n".join(secrets))
    temporary.replace(path)
    synchronize(path.parent)
    return notes


def _write_beside(settings: Settings, secrets: list[bytes]) -> Path:
    path = settings.data_dir / _BESIDE
    path.unlink(missing_ok=True)
    _write(path, b",".join(secrets))
    return path


def _write(path: Path, data: bytes) -> None:
    """A new file, for its owner's eyes, on the disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
