"""The code hosts that may be used, with their credentials: one JSON object in Secrets Manager, read at most once a minute.

    {"github.com": {"kind": "github", "app_id": "123", "installation_id": "456", "private_key": "-----BEGIN RSA ..."},
     "gitlab.com": {"kind": "gitlab", "token": "glpat-..."},
     "git.acme.dev": {"kind": "gitea", "api": "https://git.acme.dev/api/v1", "token": "..."}}

Names are the first part of a repository's name. Addresses come from here only, never from an event, and never lead to plain HTTP
beyond this machine.
"""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compute.vcs import origin
from compute.vcs.bitbucket import Bitbucket
from compute.vcs.budget import Breaker
from compute.vcs.gitea import Gitea
from compute.vcs.github import GitHub
from compute.vcs.github_app import InstallationToken
from compute.vcs.gitlab import GitLab
from compute.vcs.http import READ_TIMEOUT, Http
from compute.vcs.port import Host, Unavailable, VcsError
from compute.vcs.rs256 import BadKey, PrivateKey, read_key
from leadline.domain.errors import Transient
from leadline.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

KEPT = 60_000
"""How long the secret is kept in memory (milliseconds)."""

APIS = {
    ("github", "github.com"): "https://api.github.com",
    ("gitlab", "gitlab.com"): "https://gitlab.com/api/v4",
    ("bitbucket", "bitbucket.org"): "https://api.bitbucket.org/2.0",
    ("gitea", "codeberg.org"): "https://codeberg.org/api/v1",
}
"""API addresses of the well-known hosts. Any other host has its own in `api`."""

KINDS = ("github", "gitlab", "bitbucket", "gitea")
_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


class BadConfiguration(VcsError):
    """The secret is not of the form that is needed. Says which host and what is wrong, and no value."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A host of the configuration: its API address and our credentials. `headers` or an App (id, key, installation)."""

    kind: str
    api: str
    headers: Mapping[str, str]
    app: tuple[str, PrivateKey, str] | None = None


def parse(text: str) -> dict[str, "Credentials | BadConfiguration"]:
    """The hosts by name; one that is wrong leaves the others as they are. Raises BadConfiguration where none can be read."""
    try:
        hosts = json.loads(text)
    except ValueError:
        raise BadConfiguration("the secret of the code hosts is not JSON") from None
    if not isinstance(hosts, dict):
        raise BadConfiguration("the secret of the code hosts must be an object with an object for each host")
    found: dict[str, Credentials | BadConfiguration] = {}
    for name, values in hosts.items():
        try:
            found[name.lower()] = _credentials(name.lower(), values)
        except BadConfiguration as error:
            found[name.lower()] = error
    return found


def _credentials(name: str, values: Any) -> Credentials:
    if not isinstance(values, dict):
        raise BadConfiguration(f"{name}: must be an object")
    kind = values.get("kind")
    if kind not in KINDS:
        raise BadConfiguration(f"{name}: `kind` must be one of {', '.join(KINDS)}")
    api = values.get("api") or APIS.get((kind, name))
    api = api.rstrip("/") if isinstance(api, str) else ""
    if not _is_safe(api):
        raise BadConfiguration(f"{name}: `api` must be the address of its API, beginning with https://")
    app = [str(values.get(field) or "") for field in ("app_id", "private_key", "installation_id")]
    if kind == "github" and any(app):
        if not app[0] or not app[2].isdigit():
            raise BadConfiguration(f"{name}: an App needs `app_id`, `private_key` and `installation_id`")
        try:
            return Credentials(kind, api, {}, (app[0], read_key(app[1]), app[2]))
        except BadKey as error:
            raise BadConfiguration(f"{name}: {error}") from None
    token = values.get("token")
    if not isinstance(token, str) or not token.strip() or not token.isascii() or not token.isprintable():
        raise BadConfiguration(f"{name}: `token` is missing")
    return Credentials(kind, api, _proof(kind, token.strip(), values.get("user")))


def _proof(kind: str, token: str, user: Any) -> dict[str, str]:
    if kind == "bitbucket" and isinstance(user, str) and user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}
    return {"Authorization": f"{'token' if kind == 'gitea' else 'Bearer'} {token}"}


def _is_safe(api: str) -> bool:
    found = origin.parse(api)
    if found is None or "?" in api or "#" in api:
        return False
    return found.origin.scheme == "https" or found.origin.host in _LOOPBACK


class Connections:
    """The clients of the configured hosts. `read` gives the secret's text. Safe to share between threads.

    `reserve`: the share of each host's rate limit that is left to others, for work that is not in a hurry.
    """

    def __init__(
        self,
        read: Callable[[], str],
        table: Table,
        now: Callable[[], int],
        *,
        reserve: float = 0.0,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._read = read
        self._table = table
        self._now = now
        self._reserve = reserve
        self._read_timeout = read_timeout
        self._lock = threading.Lock()
        self._kept: tuple[int, str, dict[str, Host | BadConfiguration]] | None = None

    def of(self, repository: str) -> Host | None:
        """The client of the repository's host; None where that is not configured, or the name has no host in it.

        Raises Unavailable where the configuration cannot be read, BadConfiguration where the host's makes no sense.
        """
        name, _, path = repository.partition("/")
        host = self._hosts().get(name.lower()) if "/" in path else None
        if isinstance(host, BadConfiguration):
            raise host
        return host

    def _hosts(self) -> dict[str, Host | BadConfiguration]:
        with self._lock:
            now = self._now()
            if self._kept is not None and now - self._kept[0] < KEPT:
                return self._kept[2]
            try:
                text = self._read()
            except Transient:
                raise Unavailable("the secret of the code hosts cannot be read") from None
            if self._kept is None or self._kept[1] != text:
                hosts = {name: self._connect(name, credentials) for name, credentials in parse(text).items()}
            else:
                hosts = self._kept[2]
            self._kept = (now, text, hosts)
            return hosts

    def _connect(self, name: str, credentials: Credentials | BadConfiguration) -> Host | BadConfiguration:
        if isinstance(credentials, BadConfiguration):
            return credentials
        breaker = Breaker(self._table, name, self._now)

        def http(headers: Callable[[], Mapping[str, str]]) -> Http:
            return Http(
                credentials.api, headers, breaker, self._now, reserve=self._reserve, read_timeout=self._read_timeout
            )

        headers: Callable[[], Mapping[str, str]] = lambda: credentials.headers  # noqa: E731
        if credentials.app is not None:
            app, key, installation = credentials.app
            headers = InstallationToken(app, key, installation, http, self._now).headers
        match credentials.kind:
            case "github":
                return GitHub(http(headers), graphql_address(credentials.api))
            case "gitlab":
                return GitLab(http(headers))
            case "bitbucket":
                return Bitbucket(http(headers))
            case _:
                return Gitea(http(headers))


def graphql_address(api: str) -> str:
    """Where GitHub's GraphQL API is: beside the REST API, which on a server of one's own ends in /api/v3."""
    return api.removesuffix("/v3") + "/graphql" if api.endswith("/api/v3") else api + "/graphql"


def read_secret(client: "SecretsManagerClient", secret_id: str) -> str:
    """The JSON text out of Secrets Manager. Raises Transient when there is none or it cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return client.get_secret_value(SecretId=secret_id)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise Transient("the secret of the code hosts cannot be read") from error
