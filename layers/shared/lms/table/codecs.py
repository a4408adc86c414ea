"""How a field is written in DynamoDB's JSON, and read from it: one codec per kind of value."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from lms.domain.completions import DIGEST_BYTES
from lms.domain.courses import (
    CohortContentGroup,
    CourseMode,
    DurationLimit,
    MilestoneRequirement,
    UpgradeDeadlineConfig,
)
from lms.domain.enrollments import Certificate, Schedule, UserDate
from lms.domain.partitions import UserPartition
from lms.domain.site import WaffleFlag

AttributeValue = Mapping[str, Any]
"""A value as DynamoDB writes it: `{"S": "…"}`, `{"N": "1"}`, `{"BOOL": true}`, `{"B": "<base64>"}`."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Both directions of one kind of value."""

    write: Callable[[Any], AttributeValue]
    read: Callable[[AttributeValue], Any]


def json_codec(encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> Codec:
    """A codec for values that are kept as JSON text: `encode` makes what JSON takes, `decode` the value again."""
    return Codec(
        lambda value: {"S": json.dumps(encode(value), separators=(",", ":"), ensure_ascii=False)},
        lambda stored: decode(json.loads(stored["S"])),
    )


def _write_datetime(value: datetime) -> AttributeValue:
    # Of fixed width, so that the text order of two dates is their order in time.
    return {"S": value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")}


def _encode_dataclass(value: Any) -> dict[str, Any]:
    """A dataclass as JSON: dates as text, defaults left out."""
    return {
        field.name: part.isoformat() if isinstance(part, datetime) else part
        for field in fields(value)
        if (part := getattr(value, field.name)) != field.default
    }


def decode_datetimes(stored: dict[str, Any], *names: str) -> dict[str, Any]:
    """The dict with the texts under these names as dates."""
    return {name: datetime.fromisoformat(value) if name in names else value for name, value in stored.items()}


def _decode_duration_limit(stored: dict[str, Any]) -> DurationLimit:
    return DurationLimit(**decode_datetimes(stored, "enabled_as_of"))


def _split_digests(digests: bytes) -> frozenset[bytes]:
    return frozenset(digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))


def _by_name(encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> Codec:
    return json_codec(
        lambda value: {name: encode(part) for name, part in value.items()},
        lambda stored: {name: decode(part) for name, part in stored.items()},
    )


def _encode_mode(mode: CourseMode) -> dict[str, Any]:
    # All fields: an empty SKU and no SKU are told apart in answers.
    return {**asdict(mode), "expiration": mode.expiration and mode.expiration.isoformat()}


def _decode_mode(stored: dict[str, Any]) -> CourseMode:
    return CourseMode(**{**stored, "expiration": stored["expiration"] and datetime.fromisoformat(stored["expiration"])})


def encode_edx_when(abs_date: datetime | None, rel_date: timedelta | None) -> tuple[str | None, int | None]:
    """A date of edx-when as JSON: a moment, or microseconds after one."""
    return (
        None if abs_date is None else abs_date.isoformat(),
        None if rel_date is None else rel_date // timedelta(microseconds=1),
    )


def decode_edx_when(abs_date: str | None, rel_date: int | None) -> tuple[datetime | None, timedelta | None]:
    """The date that was encoded."""
    return (
        None if abs_date is None else datetime.fromisoformat(abs_date),
        None if rel_date is None else timedelta(microseconds=rel_date),
    )


TEXT = Codec(lambda value: {"S": value}, lambda stored: stored["S"])
INTEGER = Codec(lambda value: {"N": str(value)}, lambda stored: int(stored["N"]))
NUMBER = Codec(lambda value: {"N": repr(value)}, lambda stored: float(stored["N"]))
BOOLEAN = Codec(lambda value: {"BOOL": value}, lambda stored: stored["BOOL"])
BYTES = Codec(lambda value: {"B": b64encode(value).decode()}, lambda stored: b64decode(stored["B"]))
DIGESTS = Codec(lambda value: BYTES.write(b"".join(sorted(value))), lambda stored: _split_digests(BYTES.read(stored)))
DATETIME = Codec(_write_datetime, lambda stored: datetime.fromisoformat(stored["S"]))
STRINGS = json_codec(dict, dict)
INTEGERS = json_codec(lambda value: dict(sorted(value.items())), dict)
SET = json_codec(sorted, frozenset)
SEQUENCE = json_codec(list, tuple)
CERTIFICATE = json_codec(_encode_dataclass, lambda stored: Certificate(**stored))
COURSE_MODES = json_codec(
    lambda modes: [_encode_mode(mode) for mode in modes], lambda stored: tuple(_decode_mode(mode) for mode in stored)
)
DURATION_LIMIT = json_codec(_encode_dataclass, _decode_duration_limit)
DURATION_LIMITS = _by_name(_encode_dataclass, _decode_duration_limit)
UPGRADE_DEADLINE_CONFIG = json_codec(_encode_dataclass, lambda stored: UpgradeDeadlineConfig(**stored))
UPGRADE_DEADLINE_CONFIGS = _by_name(_encode_dataclass, lambda stored: UpgradeDeadlineConfig(**stored))
MILESTONE_REQUIREMENTS = json_codec(
    lambda requirements: [_encode_dataclass(requirement) for requirement in requirements],
    lambda stored: tuple(MilestoneRequirement(**requirement) for requirement in stored),
)
CONTENT_GROUPS = json_codec(
    lambda links: [asdict(link) for link in links],
    lambda stored: tuple(CohortContentGroup(**link) for link in stored),
)
USER_PARTITIONS = json_codec(
    lambda partitions: [asdict(partition) for partition in partitions],
    lambda stored: tuple(UserPartition(**{**partition, "groups": tuple(partition["groups"])}) for partition in stored),
)
SCHEDULE = json_codec(_encode_dataclass, lambda stored: Schedule(**decode_datetimes(stored, "start", "created")))
USER_DATES = json_codec(
    lambda dates: [[date.content_date, *encode_edx_when(date.abs_date, date.rel_date)] for date in dates],
    lambda stored: tuple(UserDate(content_date, *decode_edx_when(*date)) for content_date, *date in stored),
)
WAFFLE_FLAG = json_codec(_encode_dataclass, lambda stored: WaffleFlag(**stored))
SWITCHES = json_codec(lambda value: dict(sorted(value.items())), dict)
