"""Both kinds of token: only what we made, exactly as we made it, is one."""

import string
from datetime import timedelta

import pytest

from musubi.core.clock import utcnow
from musubi.core.keyring import KeyRing
from musubi.features.accounts.tokens import AccessClaims, InvalidToken, TokenMaker, new_seed, read_refresh

SECRET = b"the secret of these tests, which is long enough"
NEW_SECRET = b"the one that takes its place, as long as that one"
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"

maker = TokenMaker(KeyRing(SECRET), access_lifetime=timedelta(minutes=60))


def one_bit_off(token: str) -> list[str]:
    """Every string that differs from `token` in one bit of one Base64 character, or in a dot."""
    variants = []
    for place, character in enumerate(token):
        if character == ".":
            replacements = ["A", ""]
        else:
            replacements = [BASE64[BASE64.index(character) ^ 1 << bit] for bit in range(6)]
        variants += [token[:place] + replacement + token[place + 1 :] for replacement in replacements]
    return variants


def is_refresh_token(token: str, seed: str) -> bool:
    try:
        return maker.verify_refresh(read_refresh(token), seed)
    except InvalidToken:
        return False


def test_an_access_token_says_what_it_was_made_of() -> None:
    made_at = utcnow()
    claims = maker.read_access(maker.access_token(user_id=7, session_id=8, generation=9))
    assert claims == AccessClaims(user_id=7, session_id=8, generation=9, expires_at=claims.expires_at)
    # Its times are whole seconds.
    assert abs(claims.expires_at - made_at - timedelta(minutes=60)) < timedelta(seconds=2)


def test_no_two_access_tokens_are_the_same() -> None:
    assert maker.access_token(1, 1, 0) != maker.access_token(1, 1, 0)


def test_no_bit_of_an_access_token_can_be_changed() -> None:
    for variant in one_bit_off(maker.access_token(1, 1, 0)):
        with pytest.raises(InvalidToken):
            maker.read_access(variant)


@pytest.mark.parametrize("suffix", ["\n", " ", "!", ".", "AAAA"])
def test_nothing_can_be_added_to_an_access_token(suffix: str) -> None:
    with pytest.raises(InvalidToken):
        maker.read_access(maker.access_token(1, 1, 0) + suffix)


def test_no_bit_of_a_refresh_token_can_be_changed() -> None:
    seed = new_seed()
    token = maker.refresh_token(12, 34, seed)
    assert is_refresh_token(token, seed)
    assert not any(is_refresh_token(variant, seed) for variant in one_bit_off(token))


@pytest.mark.parametrize(
    "form",
    [
        "{0}.{1}.{2}=", "0{0}.{1}.{2}", "+{0}.{1}.{2}", "-{0}.{1}.{2}", " {0}.{1}.{2}", "{0}.{1}.{2}\n",
        "１２.{1}.{2}", "{0}.3_4.{2}", "{0}.{1}", "{0}.{1}.{2}.",
    ],
)  # fmt: skip
def test_a_refresh_token_has_one_form(form: str) -> None:
    seed = new_seed()
    token = maker.refresh_token(12, 34, seed)
    assert not is_refresh_token(form.format(*token.split(".")), seed)


def test_a_refresh_token_belongs_to_its_session_its_seed_and_its_secret() -> None:
    seed = new_seed()
    token = maker.refresh_token(12, 34, seed)
    assert not is_refresh_token(token, new_seed())
    stranger = TokenMaker(KeyRing(b"another secret, just as long as the first"), access_lifetime=timedelta(minutes=60))
    assert stranger.refresh_token(12, 34, seed) != token
    # The generation is part of what is signed: a later token can't be made out of an earlier one.
    assert token.rpartition(".")[2] != maker.refresh_token(12, 35, seed).rpartition(".")[2]
    assert token.rpartition(".")[2] != maker.refresh_token(123, 4, seed).rpartition(".")[2]


def test_the_link_of_the_first_start_stays_the_same_until_the_secret_changes() -> None:
    again = TokenMaker(KeyRing(SECRET), access_lifetime=timedelta(minutes=5))
    assert again.is_setup_token(maker.setup_token())
    assert not TokenMaker(KeyRing(b"x" * 32), access_lifetime=timedelta(minutes=5)).is_setup_token(maker.setup_token())
    assert not maker.is_setup_token("")
    assert not maker.is_setup_token(maker.setup_token()[:-1])


def test_what_an_older_secret_signed_is_honoured_as_long_as_it_is_kept() -> None:
    seed = new_seed()
    access, refresh, setup = maker.access_token(1, 2, 3), maker.refresh_token(1, 2, seed), maker.setup_token()
    replaced = TokenMaker(KeyRing(NEW_SECRET, SECRET), access_lifetime=timedelta(minutes=60))
    assert replaced.read_access(access) == maker.read_access(access)
    assert replaced.verify_refresh(read_refresh(refresh), seed)
    assert replaced.is_setup_token(setup)
    forgotten = TokenMaker(KeyRing(NEW_SECRET), access_lifetime=timedelta(minutes=60))
    with pytest.raises(InvalidToken):
        forgotten.read_access(access)
    assert not forgotten.verify_refresh(read_refresh(refresh), seed)
    assert not forgotten.is_setup_token(setup)


def test_what_is_made_now_is_made_with_the_newest_secret() -> None:
    seed = new_seed()
    ring = TokenMaker(KeyRing(NEW_SECRET, SECRET), access_lifetime=timedelta(minutes=60))
    newest = TokenMaker(KeyRing(NEW_SECRET), access_lifetime=timedelta(minutes=60))
    assert newest.read_access(ring.access_token(1, 2, 3)).user_id == 1
    assert ring.refresh_token(1, 2, seed) == newest.refresh_token(1, 2, seed)
