"""A repository's path, as events name it, from the address that git knows."""

from __future__ import annotations

import re

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s@]+):(?P<path>(?!//).+)")
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/\s]*@)?(?P<host>[^/:\s]+)(?::(?P<port>\d+))?/(?P<path>[^?#]+)", re.I
)


def repository_path(address: str) -> str | None:
    """`github.com/acme/api` from any of git's spellings of it, without protocol, credentials, ssh's port or `.git`.

    A path such as `acme/api` stays what it is. None for an address that names no place elsewhere: a folder, a file.
    """
    text = address.strip()
    host = ""
    if match := _URL.fullmatch(text):
        if match["scheme"].lower() == "file":
            return None
        host, path = match["host"].lower(), match["path"]
        if match["scheme"].lower() in ("http", "https") and match["port"] not in (None, "80", "443"):
            host = (
                f"{host}:{match['port']}"  # a web server's port tells it from another on the same host; ssh's does not
            )
    elif re.match(r"[.~/\\]|[A-Za-z]:[\\/]", text):
        return None
    elif match := _SCP.fullmatch(text):
        host, path = match["host"].lower(), match["path"]
    else:
        path = text
    path = path.strip("/").removesuffix(".git").strip("/")
    if host == "ssh.dev.azure.com" and (azure := re.fullmatch(r"v3/([^/]+)/([^/]+)/([^/]+)", path)):
        host, path = "dev.azure.com", f"{azure[1]}/{azure[2]}/_git/{azure[3]}"
    path = path.replace(" ", "%20")
    if not path:
        return None
    return f"{host}/{path}" if host else path
