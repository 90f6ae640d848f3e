"""Whatever is sent instead of a passkey's answer, it is refused and never breaks anything."""

import copy
import json
from typing import Any

import cbor2
import pytest
from httpx import AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st

from musubi.features.accounts.models import User
from musubi.features.accounts.second_factors.relying_party import NotVerified, RelyingParty
from tests.authenticator import Authenticator, decode, encode
from tests.second_factors import add_passkey, register
from tests.support import Actor, error_of

PARTY = RelyingParty("http://localhost:8000", ())

any_cbor = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.integers(-4, 4) | st.sampled_from(["fmt", "attStmt", "authData"]), inner
        )
    ),
    max_leaves=10,
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def user() -> User:
    from musubi.core.clock import utcnow

    return User(id=1, username="hanako", created_at=utcnow())


def made() -> tuple[dict[str, Any], str, Authenticator]:
    device = Authenticator()
    challenge = PARTY.registration(user(), [])
    return device.make(challenge.options), challenge.challenge, device


def changed(raw: bytes, position: int, value: int) -> bytes:
    position %= len(raw)
    return raw[:position] + bytes([raw[position] ^ (value or 1)]) + raw[position + 1 :]


@given(raw=st.binary(max_size=300) | any_cbor.map(cbor2.dumps))
@settings(max_examples=300)
def test_attestations_of_anything(raw: bytes) -> None:
    credential, challenge, _ = made()
    credential["response"]["attestationObject"] = encode(raw)
    with pytest.raises(NotVerified):
        PARTY.verify_registration(credential, challenge)


@given(
    format_=st.sampled_from(["packed", "tpm", "apple", "android-key", "android-safetynet", "fido-u2f", "?"]),
    statement=any_cbor
    | st.dictionaries(st.sampled_from(["alg", "sig", "x5c", "ver", "response", "certInfo", "pubArea"]), any_cbor),
)
@settings(max_examples=300)
def test_attestations_of_every_format(format_: str, statement: Any) -> None:
    credential, challenge, _ = made()
    attestation = cbor2.loads(decode(credential["response"]["attestationObject"]))
    attestation = {**attestation, "fmt": format_, "attStmt": statement}
    credential["response"]["attestationObject"] = encode(cbor2.dumps(attestation))
    with pytest.raises(NotVerified):
        PARTY.verify_registration(credential, challenge)


@given(key=any_cbor.map(cbor2.dumps) | st.binary(max_size=100))
@settings(max_examples=200)
def test_public_keys_of_anything(key: bytes) -> None:
    credential, challenge, device = made()
    attestation = cbor2.loads(decode(credential["response"]["attestationObject"]))
    attestation["authData"] = attestation["authData"].replace(device.credentials[0].cose(), key)
    credential["response"]["attestationObject"] = encode(cbor2.dumps(attestation))
    with pytest.raises(NotVerified):
        PARTY.verify_registration(credential, challenge)


@pytest.mark.parametrize(
    "key",
    [
        # A point that is not on the curve; one that has no size; RSA of 32,768 bits; RSA that is 1; nothing known.
        {1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},
        {1: 2, 3: -7, -1: 1, -2: b"", -3: b""},
        {1: 3, 3: -257, -1: b"\xff" * 4096, -2: b"\x01\x00\x01"},
        {1: 3, 3: -257, -1: b"\x01", -2: b"\x01"},
        {1: 1, 3: -8, -1: 6, -2: b"short"},
        {1: 9, 3: -9},
    ],
)
def test_public_keys_that_are_none(key: dict[int, Any]) -> None:
    credential, challenge, device = made()
    attestation = cbor2.loads(decode(credential["response"]["attestationObject"]))
    attestation["authData"] = attestation["authData"].replace(device.credentials[0].cose(), cbor2.dumps(key))
    credential["response"]["attestationObject"] = encode(cbor2.dumps(attestation))
    with pytest.raises(NotVerified):
        PARTY.verify_registration(credential, challenge)


def test_an_attestation_without_end() -> None:
    credential, challenge, _ = made()
    credential["response"]["attestationObject"] = encode(b"\x81" * 50_000 + b"\x00")
    with pytest.raises(NotVerified):
        PARTY.verify_registration(credential, challenge)


@given(
    part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]),
    position=st.integers(0, 500),
    value=st.integers(0, 255),
)
@settings(max_examples=200)
def test_one_wrong_byte(part: str, position: int, value: int) -> None:
    credential, challenge, device = made()
    key = PARTY.verify_registration(credential, challenge)
    asked = PARTY.assertion()
    assertion = device.sign(asked.options)
    assert PARTY.verify_assertion(copy.deepcopy(assertion), asked.challenge, key.public_key) == 1
    raw = changed(decode(assertion["response"][part]), position, value)
    assertion["response"][part] = encode(raw)
    with pytest.raises(NotVerified):
        PARTY.verify_assertion(assertion, asked.challenge, key.public_key)


@given(
    client_data=any_json.map(json.dumps) | st.text(max_size=50),
    data=st.binary(max_size=80),
    signature=st.binary(max_size=80),
    handle=st.none() | st.text(max_size=20),
)
@settings(max_examples=200)
def test_assertions_of_anything(client_data: str, data: bytes, signature: bytes, handle: str | None) -> None:
    credential, challenge, device = made()
    key = PARTY.verify_registration(credential, challenge)
    asked = PARTY.assertion()
    assertion = device.sign(asked.options)
    assertion["response"] = {
        "clientDataJSON": encode(client_data.encode()),
        "authenticatorData": encode(data),
        "signature": encode(signature),
        "userHandle": handle,
    }
    with pytest.raises(NotVerified):
        PARTY.verify_assertion(assertion, asked.challenge, key.public_key)


@given(
    junk=any_json,
    path=st.sampled_from(
        [
            (),
            ("id",),
            ("rawId",),
            ("type",),
            ("response",),
            ("response", "signature"),
            ("response", "clientDataJSON"),
            ("response", "authenticatorData"),
            ("response", "userHandle"),
            ("response", "attestationObject"),
            ("response", "transports"),
            ("clientExtensionResults",),
        ]
    ),
)
@settings(max_examples=60)
async def test_over_http(client: AsyncClient, member: Actor, junk: Any, path: tuple[str, ...]) -> None:
    device = Authenticator()
    asked = (await member.post("/auth/passkeys/registration-options")).json()
    credential = replaced(device.make(asked["options"]), path, junk)
    reply = await register(member, asked["token"], credential)
    assert reply.status_code in {201, 400, 422}, reply.text
    if reply.status_code == 201:
        assert path[-1] in {"clientExtensionResults", "signature", "userHandle", "authenticatorData", "transports"}
        await member.delete(f"/auth/passkeys/{reply.json()['id']}")
    else:
        error_of(reply)
    start = (await client.post("/api/v1/auth/passkeys/options")).json()
    assertion = replaced(device.sign(start["options"]), path, junk)
    reply = await client.post("/api/v1/auth/passkeys/login", json={"token": start["token"], "assertion": assertion})
    assert reply.status_code in {401, 422}, reply.text
    error_of(reply)


def replaced(credential: dict[str, Any], path: tuple[str, ...], junk: Any) -> Any:
    if not path:
        return junk
    inner = credential
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = junk
    return credential


async def test_transports_that_nobody_knows_are_kept_out_of_the_way(member: Actor) -> None:
    device = Authenticator()
    asked = (await member.post("/auth/passkeys/registration-options")).json()
    credential = device.make(asked["options"])
    credential["response"]["transports"] = ["telepathy", "usb"]
    assert (await register(member, asked["token"], credential)).status_code == 201
    options = (await member.post("/auth/passkeys/registration-options")).json()["options"]
    assert options["excludeCredentials"][0]["transports"] == ["usb"]
    await add_passkey(member, Authenticator())
