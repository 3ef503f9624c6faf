"""What /v1/keys answers and takes, as types."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.access.key_scope import MAX_LIMITS
from leadline.access.keys import SCOPES
from query.web.schemas import Name, Repository, Schema, Time, array, text, whole


class ApiKey(TypedDict):
    """A key, without what makes it one.

    `services` and `repositories`: what it is limited to; both empty: nothing. `last_used_at` is exact to the hour, null for never.
    `creator_revoked`: whether the key in `created_by` is revoked; where that one has expired, whether the key that made it is, and
    so on. `replaces`, `replaced_by`: the keys before and after it, where it was rotated.
    """

    key_id: str
    name: str
    state: Literal["active", "expired", "revoked"]
    scopes: list[str]
    services: list[str]
    repositories: list[str]
    plan: str | None
    created_at: str
    created_by: str | None
    creator_revoked: bool
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    replaces: str | None
    replaced_by: str | None


class ApiKeyPage(TypedDict):
    """The newest first."""

    items: list[ApiKey]
    next_cursor: str | None


class ApiKeyCreated(TypedDict):
    """A new key. `secret` is the text to send as `Authorization: Bearer …`: it is stored nowhere and shown only here."""

    secret: str
    key: ApiKey


Scope = Annotated[str, Schema({"enum": sorted(SCOPES)})]


class ApiKeyRequest(TypedDict):
    """A key to be made. Without `expires_at` it does not end by itself."""

    name: Name
    scopes: Annotated[list[Scope], Schema(array(len(SCOPES), least=1))]
    services: NotRequired[Annotated[list[Name], Schema(array(MAX_LIMITS))] | None]
    repositories: NotRequired[Annotated[list[Repository], Schema(array(MAX_LIMITS))] | None]
    plan: NotRequired[Annotated[str, Schema(text(100))] | None]
    expires_at: NotRequired[Time | None]


class ApiKeyRotationRequest(TypedDict):
    """`overlap_hours`: for so long the old key is good beside the new one; 24 where it is not given, 0 ends it at once."""

    overlap_hours: NotRequired[Annotated[int, Schema(whole(0, 720))] | None]
    expires_at: NotRequired[Time | None]
