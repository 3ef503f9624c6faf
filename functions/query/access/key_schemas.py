"""Bodies of `/v1/keys`."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.access.key_scope import MAX_LIMITS
from leadline.access.keys import SCOPES
from query.http.schemas import Name, Repository, Schema, Time, array, text, whole


class ApiKey(TypedDict):
    """An API key, without its secret.

    `services`, `repositories`: what the key is limited to; both empty means unlimited. `last_used_at` is accurate to
    the hour and null if the key was never used. `creator_revoked`: whether the key in `created_by` was revoked. For an
    expired creator, the creator's own creator is checked instead, and so on. `replaces`, `replaced_by`: the previous and
    the next key of a rotation.
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
    """A page of API keys, newest first."""

    items: list[ApiKey]
    next_cursor: str | None


class ApiKeyCreated(TypedDict):
    """A new API key. `secret` goes into `Authorization: Bearer SECRET`. It is not stored and never returned again."""

    secret: str
    key: ApiKey


Scope = Annotated[str, Schema({"enum": sorted(SCOPES)})]


class ApiKeyRequest(TypedDict):
    """The API key to create. Omit `expires_at` for a key that never expires."""

    name: Name
    scopes: Annotated[list[Scope], Schema(array(len(SCOPES), least=1))]
    services: NotRequired[Annotated[list[Name], Schema(array(MAX_LIMITS))] | None]
    repositories: NotRequired[Annotated[list[Repository], Schema(array(MAX_LIMITS))] | None]
    plan: NotRequired[Annotated[str, Schema(text(100))] | None]
    expires_at: NotRequired[Time | None]


class ApiKeyRotationRequest(TypedDict):
    """How to rotate an API key.

    `overlap_hours`: how long the old key stays valid, 24 by default; 0 revokes it at once.
    """

    overlap_hours: NotRequired[Annotated[int, Schema(whole(0, 720))] | None]
    expires_at: NotRequired[Time | None]
