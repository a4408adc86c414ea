"""Laws that hold for any learner, any courses and any clock; every answer passes the clients' decoders.

(mobile-users.md 4.4, 7.4)
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.api import NOW, Api
from tests.examples import one_in
from tests.world import Tree, World

_names = itertools.count()
# A dump keeps milliseconds.
moments = st.integers(0, 4 * 365 * 86_400_000).map(
    lambda milliseconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
optional = st.none() | moments


def text(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


problems = st.fixed_dictionaries(
    {
        "graded": st.booleans(),
        "due": optional,
        "start": optional,
        "visible_to_staff_only": st.booleans(),
        "done": st.booleans(),
    }
)
courses = st.fixed_dictionaries(
    {
        "start": optional,
        "end": optional,
        "created": moments,
        "latest_state_modified": optional,
        "enrollment_mode": st.sampled_from(["audit", "verified", "honor", "masters"]),
        "is_active": st.sampled_from([True, True, True, False]),
        "modes": st.lists(st.sampled_from(["audit", "verified", "honor", "credit"]), unique=True, max_size=3),
        "mobile": st.sampled_from([True, True, False]),
        "visible_to_staff_only": st.booleans(),
        "self_paced": st.booleans(),
        "certificate": st.sampled_from([None, None, "downloadable", "notpassing", ""]),
        "advertised": st.sampled_from([None, "", "Soon"]),
        "name": st.sampled_from([None, "", "Ein Kurs über Äpfel", "日本"]),
        "role": st.sampled_from([None, None, "staff", "beta_testers"]),
        "sections": st.lists(problems, max_size=3),
    }
)


def add_course(world: World, learner: str, user: int, course_id: str, selected: dict[str, Any]) -> None:
    world.course(
        course_id,
        display_name=selected["name"],
        start=text(selected["start"]),
        end=text(selected["end"]),
        mobile_available=selected["mobile"],
        visible_to_staff_only=selected["visible_to_staff_only"],
        self_paced=selected["self_paced"],
        advertised_start=selected["advertised"],
        certificates_show_before_end=True,
    )
    for slug in selected["modes"]:
        world.mode(slug, course_id)
    created, mode = text(selected["created"]), selected["enrollment_mode"]
    world.enroll(learner, course_id, created=created, mode=mode, is_active=selected["is_active"])
    if selected["role"]:
        world.role(learner, selected["role"], course_id)
    if selected["certificate"] is not None:
        status = selected["certificate"]
        world.row("certificates.generatedcertificate", user=user, course_id=course_id, status=status, mode=mode)
    if selected["latest_state_modified"]:
        world.state(
            learner, ("problem", "p0"), {"attempts": 1}, str(text(selected["latest_state_modified"])), course_id
        )
    world.export([("chapter", "ch", sections(selected["sections"]))], course_id)
    for number, section in enumerate(selected["sections"]):
        if section["done"]:
            world.completion(learner, ("problem", f"p{number}"), "2026-03-01T00:00:00Z", course_id)


def sections(selected: list[dict[str, Any]]) -> Tree:
    tree = []
    for number, section in enumerate(selected):
        said = {
            "graded": str(section["graded"]).lower(),
            "visible_to_staff_only": str(section["visible_to_staff_only"]).lower(),
        }
        said |= {name: text(section[name]) or "" for name in ("due", "start") if section[name]}
        tree.append(("sequential", f"s{number}", said, [("vertical", f"v{number}", [("problem", f"p{number}")])]))
    return tree


def all_pages(api: Api, learner: str, query: str) -> list[dict[str, Any]]:
    """Every page, by following the page numbers as the apps do."""
    pages: list[dict[str, Any]] = []
    while not pages or len(pages) < pages[0]["enrollments"]["num_pages"]:
        target = f"/api/mobile/v4/users/{learner}/course_enrollments/?{query}&page={len(pages) + 1}"
        pages.append(api.get(target, caller=learner).json)
    return pages


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["course"]["id"] for item in items]


@one_in(10)
@given(
    selected=st.lists(courses, max_size=7),
    now=moments,
    size=st.integers(1, 4),
    limits=st.none() | st.tuples(st.booleans(), moments),
)
def test_lists_and_pages_agree_for_any_learner(
    world: World,
    api: Api,
    selected: list[dict[str, Any]],
    now: datetime,
    size: int,
    limits: tuple[bool, datetime] | None,
) -> None:
    number = next(_names)
    learner = f"learner{number}"
    user = world.user(learner)
    for position, course in enumerate(selected):
        add_course(world, learner, user, f"course-v1:Gen{number}+C{position}+R", course)
    enabled, as_of = limits or (False, NOW)
    limit = {"enabled": enabled, "enabled_as_of": text(as_of)}
    world.row("course_duration_limits.coursedurationlimitconfig", 1 + number, **limit)
    world.load()
    api.clock.now = now

    def listed(version: str, query: str = "") -> Any:
        return api.get(f"/api/mobile/{version}/users/{learner}/course_enrollments/?{query}", caller=learner).json

    plain, object_of_v2 = listed("v1"), listed("v2")["enrollments"]
    assert ids(plain) == ids(object_of_v2)
    # v0.5 leaves out what is expired and nothing else, in the same order.
    open_ones = [one for one in plain if not is_over(one, now)]
    assert ids(listed("v0.5")) == ids(open_ones)

    pages = all_pages(api, learner, f"page_size={size}&requested_fields=course_progress")
    shown = [course_id for page in pages for course_id in ids(page["enrollments"]["results"])]
    primary = pages[0].get("primary")
    assert all(page.get("primary") == primary for page in pages)
    first = [primary["course"]["id"]] if primary else []
    assert sorted(first + shown) == sorted(ids(plain)), "a page loses or repeats a course"
    assert not set(first) & set(shown)
    assert shown == [course_id for course_id in ids(plain) if course_id not in first]

    everything = all_pages(api, learner, f"page_size={size}&status=all")
    assert [one for page in everything for one in ids(page["enrollments"]["results"])] == ids(plain)
    filtered = [
        set(ids([one for page in all_pages(api, learner, f"status={status}") for one in _items(page)]))
        for status in ("in_progress", "completed", "expired")
    ]
    assert not filtered[0] & filtered[1]
    assert not filtered[0] & filtered[2]
    assert not filtered[1] & filtered[2]

    # Worked out a second time, on other paths, the same dates and rights come out.
    expiries = {one["course"]["id"]: one["audit_access_expires"] for one in plain}
    assert all(one["audit_access_expires"] == expiries[one["course"]["id"]] for page in pages for one in _items(page))
    for one in plain:
        access = one["course"]["courseware_access"]
        if access["error_code"] == "audit_expired":
            assert is_over(one, now)
        status = api.get(f"/api/mobile/v1/users/{learner}/course_status_info/{one['course']['id']}", caller=learner)
        assert (status.status == 200) == access["has_access"], status.json
    statuses = api.get(f"/api/mobile/v1/users/{learner}/enrollments_status/", caller=learner).json
    assert [one["course_id"] for one in statuses] == sorted(ids(plain))


def _items(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [*page["enrollments"]["results"], *([page["primary"]] if "primary" in page else [])]


def is_over(one: dict[str, Any], now: datetime) -> bool:
    expires = one["audit_access_expires"]
    return expires is not None and datetime.fromisoformat(expires) < now
