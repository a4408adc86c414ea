"""A visit as a PATCH reports it. (mobile-users.md 5.2)"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.progress import Visit
from lms.web.errors import HttpError
from lms.web.visits import read_visit
from tests.unit.builders import at, cases
from tests.unit.strategies import any_text, json_values

BLOCK = "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch1"
BAD_DATE = {"errors": [{"code": "invalid-modification-date", "message": "Could not parse modification_date"}]}
BAD_BLOCK = {"errors": [{"code": "invalid-module-id", "message": "Could not find module for module_id"}]}


@cases(
    "body, expected",
    {
        "both": (
            {"last_visited_module_id": BLOCK, "modification_date": "2026-04-01T13:59:00+02:00"},
            Visit(BLOCK, at("2026-04-01T11:59:00")),
        ),
        "a block": ({"last_visited_module_id": BLOCK}, Visit(BLOCK, None)),
        "a date": ({"modification_date": "2026-04-01T11:59:00Z"}, Visit(None, at("2026-04-01T11:59:00"))),
        "neither": ({}, Visit(None, None)),
        "empty texts": ({"last_visited_module_id": "", "modification_date": ""}, Visit(None, None)),
        "nulls": ({"last_visited_module_id": None, "modification_date": None}, Visit(None, None)),
        "a block that is none is looked up later": ({"last_visited_module_id": "abc"}, Visit("abc", None)),
        "unknown fields do not matter": ({"username": "lisa"}, Visit(None, None)),
    },
)
def test_what_a_visit_says(body: Any, expected: Visit) -> None:
    assert read_visit(body) == expected


@cases(
    "body, expected",
    {
        "a date that is none": ({"modification_date": "abc"}, BAD_DATE),
        "a bare date": ({"modification_date": "2026-03-20"}, BAD_DATE),
        "a date without offset": ({"modification_date": "2026-03-20T10:00:00"}, BAD_DATE),
        "a date whose plus sign was lost": ({"modification_date": "2026-03-20T10:00:00 00:00"}, BAD_DATE),
        "a date that there is not": ({"modification_date": "2026-13-45T00:00:00Z"}, BAD_DATE),
        "a number as date": ({"modification_date": 5}, BAD_DATE),
        "a list as date": ({"modification_date": ["2026-03-20T10:00:00Z"]}, BAD_DATE),
        "the date is looked at first": ({"modification_date": "abc", "last_visited_module_id": 5}, BAD_DATE),
        "true as date": ({"modification_date": True}, BAD_DATE),
        "an object as date": ({"modification_date": {"date": "2026-03-20T10:00:00Z"}}, BAD_DATE),
        "a number as block": ({"last_visited_module_id": 5}, BAD_BLOCK),
        "true as block": ({"last_visited_module_id": True}, BAD_BLOCK),
        "a list as block": ({"last_visited_module_id": [BLOCK]}, BAD_BLOCK),
        "an object as block": ({"last_visited_module_id": {"id": BLOCK}}, BAD_BLOCK),
    },
)
def test_visits_that_are_refused(body: Any, expected: Any) -> None:
    with pytest.raises(HttpError) as caught:
        read_visit(body)

    assert (caught.value.status, caught.value.body) == (400, expected)


@cases(
    "body",
    {
        "an empty list": [],
        "a list of a visit": [{"last_visited_module_id": BLOCK}],
        "a number": 5,
        "true": True,
        "null": None,
        "a text": "text",
    },
)
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(HttpError) as caught:
        read_visit(body)

    assert caught.value.status == 400
    assert caught.value.body == {"detail": "Invalid data. Expected a JSON object."}


@given(json_values(any_text) | st.fixed_dictionaries({"modification_date": any_text}))
def test_every_body_is_a_visit_or_refused(body: Any) -> None:
    try:
        visit = read_visit(body)
    except HttpError as refusal:
        visit, status = None, refusal.status
    else:
        status = 200
    assert status == (400 if visit is None else 200)
