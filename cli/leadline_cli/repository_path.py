"""A repository's path, as events name it, from the address that git knows."""

from __future__ import annotations

import re

# A password may contain an unescaped @: credentials end at the last one before the host.
_URL = re.compile(
    r"(?P<scheme>https?|ssh|git|git\+ssh)://(?:[^/\s]*@)?(?P<host>[^@/:\s]+)(?::(?P<port>\d+))?/(?P<path>[^@?#]+)", re.I
)
_SCP = re.compile(r"(?:[^@:/\s]+@)?(?P<host>[^@:/\s]+):(?P<path>(?!\d+/|//)[^@:]+)")
_PATH = re.compile(r"(?![.~/])[^@\\]+(?<!:)/[^@:\\]+")


def repository_path(address: str) -> str | None:
    """`github.com/acme/api` from any of git's spellings of it, without protocol, credentials, ssh's port or `.git`.

    A path such as `acme/api` stays what it is. None for what names no place elsewhere (a folder, a file), and for anything
    that might still hold a credential.
    """
    text = address.strip()
    host = ""
    if match := _URL.fullmatch(text):
        host, path = match["host"].lower(), match["path"]
        # A web server's port distinguishes it from others on the same host; ssh's does not.
        if match["scheme"].lower().startswith("http") and match["port"] not in (None, "80", "443"):
            host = f"{host}:{match['port']}"
    elif (match := _SCP.fullmatch(text)) and not re.match(r"[A-Za-z]:[\\/]", text):
        host, path = match["host"].lower(), match["path"]
    elif _PATH.fullmatch(text) and "://" not in text:
        path = text
    else:
        return None
    path = path.strip("/").removesuffix(".git").strip("/")
    if host == "ssh.dev.azure.com" and (azure := re.fullmatch(r"v3/([^/]+)/([^/]+)/([^/]+)", path)):
        host, path = "dev.azure.com", f"{azure[1]}/{azure[2]}/_git/{azure[3]}"
    path = path.replace(" ", "%20")
    if not path:
        return None
    return f"{host}/{path}" if host else path
