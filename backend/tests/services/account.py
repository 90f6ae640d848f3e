"""The system account a server runs as: PostgreSQL refuses to be root."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """An unprivileged account to step down to."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> "Account | None":
        """`postgres` if there is one, else `nobody`; None for someone who isn't root: they stay who they are.

        Raises LookupError on a system with neither.
        """
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise LookupError("no account `postgres` or `nobody` to run PostgreSQL as")

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments with which `subprocess.run` and `Popen` start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give it the file or folder."""
        shutil.chown(path, self.uid, self.gid)
