"""What keeps a backup from being made, read or restored."""

from musubi.operations import CannotProceed


class BackupError(CannotProceed):
    """The text is one line, for whoever typed the command."""


class Damaged(BackupError):
    """The file is not what was written when the backup was made."""
