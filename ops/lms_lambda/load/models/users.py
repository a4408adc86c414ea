"""Rows of a user: the account, the profile, the time zone, and the milestones that were reached."""

from collections.abc import Iterable

from lms_lambda.load.models.base import DateTime, Fact, Id, KeyText, RowModel, Text, check_numeric_pk


class User(RowModel):
    label = "auth.user"
    username: KeyText
    email: Text = ""
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False
    last_login: DateTime | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", check_numeric_pk(pk), "", self.json_fields())]


class UserProfile(RowModel):
    label = "student.userprofile"
    user: Id
    name: Text

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user), "", {"name": self.name})]


class UserPreference(RowModel):
    label = "user_api.userpreference"
    user: Id
    key: Text
    value: Text

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user), "", {"time_zone": self.value})] if self.key == "time_zone" else []


class UserMilestone(RowModel):
    label = "milestones.usermilestone"
    user_id: Id
    milestone: Id
    active: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user_id), "", self.json_fields())]
