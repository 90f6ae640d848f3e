"""What an operator runs before nginx: the certificate for development, and the rules that are written out."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from tests.gateway.conftest import Installation
from tests.gateway.standin import stand_in
from tests.services.nginx import DEPLOY, Nginx

NEEDED = {"GATEWAY_NAMES": "localhost", "GATEWAY_CERTIFICATE": "/server.pem", "GATEWAY_CERTIFICATE_KEY": "/server.key"}

NEW_CERTIFICATE = [
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-noenc",
    "-subj",
    "/CN=x",
]


def run(script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(DEPLOY / script), *arguments],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def rendered(folder: Path, **settings: str) -> dict[str, str]:
    """The files that differ per installation."""
    done = run("nginx/render.sh", str(folder), **{**NEEDED, **settings})
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_text() for file in [*folder.glob("site/*"), folder / "upstreams.conf"]}


def test_a_certificate_for_names_and_addresses(tmp_path: Path) -> None:
    assert run("dev-certificate.sh", str(tmp_path), "musubi.test", "*.musubi.test", "192.0.2.1", "::1").returncode == 0
    certificate = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["musubi.test", "*.musubi.test"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1", "::1"]
    authority = x509.load_pem_x509_certificate((tmp_path / "authority.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("server.key", "authority.key")] == [0o600, 0o600]


def test_no_certificate_is_overwritten(tmp_path: Path) -> None:
    """But an authority signs again: who trusts it need not do so anew."""
    assert run("dev-certificate.sh", str(tmp_path), "localhost").returncode == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    refused = run("dev-certificate.sh", str(tmp_path), "localhost")
    assert refused.returncode == 1
    assert "server.pem is there already" in refused.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    for name in ("server.pem", "server.key"):
        (tmp_path / name).unlink()
    assert run("dev-certificate.sh", str(tmp_path), "localhost").returncode == 0
    assert (tmp_path / "authority.pem").read_bytes() == before["authority.pem"]
    assert (tmp_path / "server.pem").read_bytes() != before["server.pem"]


@pytest.mark.parametrize("name", ["a b", "a,DNS:b", "a;b", "$(id)"])
def test_a_certificate_for_no_name(tmp_path: Path, name: str) -> None:
    assert run("dev-certificate.sh", str(tmp_path), name).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_rules_are_the_same_everywhere(tmp_path: Path) -> None:
    files = rendered(tmp_path / "a", GATEWAY_UPSTREAMS="10.0.0.1:8000 backend:8000")
    assert [line.split()[1] for line in files["upstreams.conf"].splitlines()] == ["10.0.0.1:8000", "backend:8000"]
    assert 'set $public_port "";' in files["names.conf"]
    for file in ("servers.conf", "nginx.conf", "snippets/proxy.conf"):
        assert (tmp_path / "a" / file).read_text() == (DEPLOY / "nginx" / file).read_text()


@pytest.mark.parametrize("value", ["a;b", "a}b", "a\nb", "a$b", "a'b", 'a"b', "a#b", "a\\b"])
def test_no_value_ends_a_directive(tmp_path: Path, value: str) -> None:
    done = run("nginx/render.sh", str(tmp_path / "prefix"), **{**NEEDED, "GATEWAY_UPSTREAMS": value})
    assert done.returncode == 1
    assert not (tmp_path / "prefix").exists()


@pytest.mark.parametrize("names", ["192.0.2.1", "localhost 192.0.2.1", "[2001:db8::1]"])
def test_who_serves_an_address_takes_handshakes_without_a_name(tmp_path: Path, names: str) -> None:
    assert "ssl_reject_handshake on;" in rendered(tmp_path / "a")["listen-https-default.conf"]
    assert "ssl_reject_handshake" not in rendered(tmp_path / "b", GATEWAY_NAMES=names)["listen-https-default.conf"]


def test_ocsp_is_stapled_where_there_is_a_responder(tmp_path: Path) -> None:
    for address in ("", "authorityInfoAccess=OCSP;URI:http://ocsp.example.org"):
        extension = ["-addext", address] if address else []
        subprocess.run(
            [*NEW_CERTIFICATE, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem", *extension],
            capture_output=True,
            check=True,
        )
        settings = {"GATEWAY_CERTIFICATE": str(tmp_path / "certificate.pem"), "GATEWAY_RESOLVER": "192.0.2.53"}
        rules = rendered(tmp_path / "prefix", **settings)["certificate.conf"]
        assert ("ssl_stapling on;" in rules) == bool(address)
        assert ("resolver 192.0.2.53;" in rules) == bool(address)


async def test_a_load_balancer_in_front_is_believed(installation: Installation) -> None:
    """The last address that isn't one of ours, not the first, which anybody can write there."""
    async with stand_in() as (backend, port):
        settings = {"GATEWAY_REAL_IP_FROM": "127.0.0.1 10.0.0.0/8"}
        with Nginx([port], installation.web, settings=settings) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, verify=gateway.trust) as client:
                await client.get("/", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 10.1.1.1"})
        request = await backend.requests.get()
    assert request.values("X-Forwarded-For") == ["198.51.100.7"]
