"""What a client gets before it has said what it wants."""

import json
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.gateway.conftest import ROOT
from tests.gateway.raw import connected, exchange, read_out, statuses
from tests.services.nginx import Nginx

CHECKS = ROOT / ".cache" / "checks" / "bin"
HSTS = "max-age=31536000; includeSubDomains"


def handshake(gateway: Nginx, context: ssl.SSLContext, name: str | None = "localhost") -> str | None:
    """The version that was agreed on."""
    with (
        socket.create_connection(("127.0.0.1", gateway.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        return connection.version()


@pytest.mark.parametrize(("version", "said"), [("TLSv1_2", "TLSv1.2"), ("TLSv1_3", "TLSv1.3")])
def test_versions_of_today(gateway: Nginx, version: str, said: str) -> None:
    context = gateway.trust
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    assert handshake(gateway, context) == said


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_versions_of_yesterday_are_refused(gateway: Nginx, version: str) -> None:
    context = gateway.trust
    # OpenSSL itself offers them at this level only.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(gateway, context)


@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_both_protocols_are_offered(gateway: Nginx, protocol: str) -> None:
    with connected(gateway, alpn=protocol) as connection:
        assert connection.selected_alpn_protocol() == protocol


def test_no_tickets_are_given_out(gateway: Nginx) -> None:
    context = gateway.trust
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", gateway.port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.session is not None
        assert not connection.session.has_ticket


@pytest.mark.parametrize("name", ["musubi.invalid", None])
def test_other_names_get_no_handshake(gateway: Nginx, name: str | None) -> None:
    context = gateway.trust
    context.check_hostname = False
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(gateway, context, name)


def test_other_names_get_no_answer(gateway: Nginx) -> None:
    request = b"GET / HTTP/1.1\r\nHost: musubi.invalid\r\nConnection: close\r\n\r\n"
    assert statuses(exchange(gateway, request)) == [421]
    with socket.create_connection(("127.0.0.1", gateway.http_port), 5) as connection:
        connection.sendall(request)
        assert read_out(connection) == b""


def test_http_leads_to_https(gateway: Nginx) -> None:
    plain = f"http://localhost:{gateway.http_port}"
    with httpx.Client() as client:
        reply = client.get(f"{plain}/items?q=%E7%B5%90#x")
        assert reply.status_code == 301
        assert reply.headers["Location"] == f"{gateway.url}/items?q=%E7%B5%90"
        # A browser must not take it from a line that anybody can write on.
        assert "Strict-Transport-Security" not in reply.headers
        assert client.post(f"{plain}/api/v1/auth/login").status_code == 301


def test_an_authority_can_ask_whose_name_it_is(gateway: Nginx) -> None:
    folder = gateway.folder / "acme" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    (folder / "question").write_text("answer")
    (folder / "question").chmod(0o644)
    address = f"http://localhost:{gateway.http_port}/.well-known/acme-challenge"
    assert httpx.get(f"{address}/question").text == "answer"
    assert httpx.get(f"{address}/other").status_code == 404


async def test_https_is_to_be_remembered(visitor: httpx.AsyncClient) -> None:
    for path in ("/", "/health", "/static/nothing.js", "/metrics"):
        reply = await visitor.get(path)
        assert reply.headers.get_list("Strict-Transport-Security") == [HSTS], path


def test_it_is_what_mozilla_recommends(gateway: Nginx, tmp_path: Path) -> None:
    """`intermediate`, of today. Nobody trusts the authority of a test, and OCSP needs one that has a responder: what is
    looked at is the protocols, the ciphers and curves, the key, and the known holes."""
    report = tmp_path / "report.json"
    checks = ["--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--sslv2", "--sslv3", "--elliptic_curves"]
    checks += ["--certinfo", "--compression", "--reneg", "--heartbleed", "--openssl_ccs", "--robot", "--fallback"]
    command = [CHECKS / "sslyze", f"--json_out={report}", f"--certinfo_ca_file={gateway.authority}"]
    done = subprocess.run(
        [*map(str, command), "--mozilla_config=intermediate", f"localhost:{gateway.port}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"localhost:{gateway.port}: OK - Compliant." in done.stdout, done.stdout
    (result,) = json.loads(report.read_text())["server_scan_results"]
    assert result["scan_status"] == "COMPLETED"
