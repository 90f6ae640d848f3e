"""What the tests need from the operating system: PostgreSQL's programs, Chromium and a Japanese font; others for
some of the stages.

As root on Debian and its relatives this installs what is missing. Elsewhere it prints the command that does.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Debian would make a cluster and start it on port 5432. The tests make their own, and a server that nobody
# asked for is in the way of one that somebody runs. In force for the time of the installation only.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/musubi.conf")
# The same for servers that come as a service: Debian asks this program before it starts one.
POLICY = Path("/usr/sbin/policy-rc.d")
NEVER = "#!/bin/sh\nexit 101\n"


def has_postgres() -> bool:
    """Whether `initdb` is where the tests look for it."""
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def has_browser() -> bool:
    """Whether a Chromium is on the PATH, or named by MUSUBI_CHROMIUM."""
    named = os.environ.get("MUSUBI_CHROMIUM")
    return Path(named).exists() if named else any(shutil.which(name) for name in BROWSERS)


def has_japanese_font() -> bool:
    """Whether fontconfig knows a font for Japanese; without one, screenshots show boxes."""
    if not shutil.which("fc-list"):
        return sys.platform == "darwin"
    return bool(subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=True).stdout)


def has_brotli_static() -> bool:
    """Whether nginx's module is where Debian puts it."""
    return Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so").exists()


def has_fake_clock() -> bool:
    """Whether libfaketime is where the tests look for it."""
    return any(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))


def _has_program(name: str) -> bool:
    return shutil.which(name) is not None


@dataclass(frozen=True)
class Package:
    """Something to install: how Debian calls it, and how to see that it is there."""

    name: str
    present: Callable[[], bool]
    service: str = ""
    """What Debian would start now and with every start of the machine."""


POSTGRES = Package("postgresql", has_postgres)
BROWSER = Package("chromium", has_browser)
CLOCK = Package("faketime", has_fake_clock)
FONT = Package("fonts-noto-cjk", has_japanese_font)
# The second brings what sends files that were compressed beforehand.
NGINX = Package("nginx", partial(_has_program, "nginx"), service="nginx")
NGINX_BROTLI = Package("libnginx-mod-http-brotli-static", has_brotli_static)
PROMETHEUS = Package("prometheus", partial(_has_program, "promtool"), service="prometheus")
CEPH = tuple(Package(name, partial(_has_program, name)) for name in ("ceph-mon", "ceph-osd", "radosgw"))


def install(packages: set[Package]) -> None:
    """Install with apt, asking nothing. Raises CalledProcessError when apt fails."""
    names = sorted(package.name for package in packages)
    print(f"==> apt-get install {' '.join(names)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    services = sorted(package.service for package in packages if package.service)
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    # One that is there is the machine's own, and decides for itself.
    asked = not POLICY.exists()
    try:
        if asked:
            POLICY.write_text(NEVER)
            POLICY.chmod(0o755)
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
            subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True, text=True, check=True)
        if services and shutil.which("systemctl"):
            subprocess.run(["systemctl", "--quiet", "disable", *services], capture_output=True, text=True, check=True)
    finally:
        NO_CLUSTER.unlink()
        if asked:
            POLICY.unlink()


def ensure(needed: set[Package]) -> set[Package]:
    """Install what is missing if that can be done without a question; what is still missing, explained."""
    absent = {package for package in needed if not package.present()}
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install(absent)
        except subprocess.CalledProcessError as error:
            print(f"apt-get failed with status {error.returncode}:\n{error.stderr}", file=sys.stderr)
        absent = {package for package in absent if not package.present()}
    if absent:
        names = " ".join(sorted(package.name for package in absent))
        command = f"sudo apt-get install --no-install-recommends {names}"
        if not shutil.which("apt-get"):
            command = f"your system's package manager (Debian calls them: {names})"
        print(f"The tests need what is not installed: {names}. Install it with: {command}", file=sys.stderr)
    return absent
