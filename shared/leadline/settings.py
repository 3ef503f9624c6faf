"""The settings of a deployment of Leadline: its table, queues and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(Exception):
    """Environment variables are missing. The message names all of them, without values."""


@dataclass(frozen=True, slots=True)
class Settings:
    table: str
    queue_url: str
    dlq_url: str
    key_secret_id: str
    """Id of the Secrets Manager secret with the pepper of the key hashes."""
    webhook_secret_id: str | None = None
    """Id of the secret with the signing secrets of webhooks. Without it, webhooks are refused."""
    vcs_secret_id: str | None = None
    """Id of the secret with the credentials for code hosts. Without it, no code host is contacted."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Reads the settings from `env`, such as `os.environ`. Raises SettingsError if any are missing."""
        missing = [name for name in VARIABLES.values() if not env.get(name)]
        if missing:
            raise SettingsError(f"Missing environment variables: {', '.join(missing)}")
        given = {field: env[name] for field, name in (VARIABLES | OPTIONAL).items() if env.get(name)}
        return cls(**given)

    def to_env(self) -> dict[str, str]:
        """The environment variables that `from_env` reads back, to start a function with."""
        variables = {name: getattr(self, field) for field, name in (VARIABLES | OPTIONAL).items()}
        return {name: value for name, value in variables.items() if value is not None}


VARIABLES = {
    "table": "LEADLINE_TABLE",
    "queue_url": "LEADLINE_QUEUE_URL",
    "dlq_url": "LEADLINE_DLQ_URL",
    "key_secret_id": "LEADLINE_KEY_SECRET_ID",
}

OPTIONAL = {"webhook_secret_id": "LEADLINE_WEBHOOK_SECRET_ID", "vcs_secret_id": "LEADLINE_VCS_SECRET_ID"}
