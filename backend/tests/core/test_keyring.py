"""The key ring: what is sealed is opened by the same ring, for the same purpose, and unchanged; or not at all."""

import pytest

from musubi.core.keyring import KeyRing, Unreadable

OLD = b"the secret that was there first, long enough"
NEW = b"the secret that took its place, long enough"


def test_what_is_sealed_can_be_opened_and_not_be_read() -> None:
    ring = KeyRing(NEW)
    sealed = ring.seal("totp", b"JBSWY3DPEHPK3PXP")
    assert ring.open("totp", sealed) == b"JBSWY3DPEHPK3PXP"
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert ring.seal("totp", b"JBSWY3DPEHPK3PXP") != sealed


def test_a_seal_is_for_one_purpose() -> None:
    ring = KeyRing(NEW)
    with pytest.raises(Unreadable):
        ring.open("mail", ring.seal("totp", b"x"))


def test_a_seal_survives_a_new_secret_and_not_the_loss_of_its_own() -> None:
    sealed = KeyRing(OLD).seal("totp", b"x")
    both = KeyRing(NEW, OLD)
    assert both.open("totp", sealed) == b"x"
    assert both.is_outdated(sealed)
    assert not both.is_outdated(both.seal("totp", b"x"))
    with pytest.raises(Unreadable):
        KeyRing(NEW).open("totp", sealed)


def test_no_character_of_a_seal_can_be_changed() -> None:
    ring = KeyRing(NEW)
    sealed = ring.seal("totp", b"a secret")
    for place, character in enumerate(sealed):
        with pytest.raises(Unreadable):
            ring.open("totp", sealed[:place] + ("A" if character != "A" else "B") + sealed[place + 1 :])


@pytest.mark.parametrize("sealed", ["", ".", "nothing", "00000000.", "00000000.AAAA", "漢字.漢字"])
def test_what_is_no_seal_is_not_opened(sealed: str) -> None:
    ring = KeyRing(NEW)
    with pytest.raises(Unreadable):
        ring.open("totp", sealed)
    with pytest.raises(Unreadable):
        ring.open("totp", sealed.replace("00000000", ring.current.kid))


def test_every_purpose_has_a_key_of_its_own() -> None:
    key = KeyRing(NEW).current
    assert len({key.derive(purpose) for purpose in ("access-token", "refresh-token", "totp", "mail")}) == 4


def test_a_key_id_tells_secrets_apart_and_nothing_else() -> None:
    ring = KeyRing(NEW, OLD, NEW)
    assert len(list(ring)) == 2
    assert ring.get(ring.current.kid) is ring.current
    assert ring.get("unknown") is None
