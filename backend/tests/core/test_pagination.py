"""The envelope of a list, and what is asked of one that is read page by page."""

import pytest
from fastapi import Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from musubi.core.pagination import Collection, Meta, Paging, collection
from musubi.core.types import MAX_ID


class Thing(BaseModel):
    name: str


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (1, 1), (3, 1)])
def test_a_list_that_is_given_whole_is_one_page(count: int, pages: int) -> None:
    response = Response()
    things = [Thing(name=str(number)) for number in range(count)]
    reply = collection(response, things)
    assert reply.data == things
    assert reply.meta.model_dump() == {
        "total": count, "page": 1, "limit": max(count, 1), "pages": pages,
        "has_next": False, "has_prev": False, "next_cursor": None,
    }  # fmt: skip
    assert response.headers["X-Total-Count"] == str(count)


def test_a_page_says_how_long_the_list_is() -> None:
    response = Response()
    meta = Meta(total=77, page=2, limit=10, pages=8, has_next=True, has_prev=True, next_cursor="x")
    reply = collection(response, [Thing(name="x")], meta)
    assert reply.meta is meta
    assert response.headers["X-Total-Count"] == "77"
    assert reply.model_dump_json().startswith('{"success":true,"message":null,"timestamp":"20')


def test_its_name_in_the_contract_is_that_of_its_things() -> None:
    assert Collection[Thing].__name__ == "ThingCollection"


@given(skip=st.integers(0, MAX_ID), limit=st.integers(1, 100))
def test_what_may_be_asked_for(skip: int, limit: int) -> None:
    paging = Paging(skip=skip, limit=limit)
    assert (paging.skip, paging.limit, paging.cursor) == (skip, limit, None)


@given(skip=st.integers(max_value=-1) | st.integers(MAX_ID + 1), limit=st.integers(max_value=0) | st.integers(101))
def test_what_may_not(skip: int, limit: int) -> None:
    for name, value in (("skip", skip), ("limit", limit), ("cursor", "x" * 2001)):
        with pytest.raises(ValidationError):
            Paging.model_validate({name: value})


def test_a_page_has_fifty_rows_unless_told_otherwise() -> None:
    assert Paging().model_dump() == {"skip": 0, "limit": 50, "cursor": None}
