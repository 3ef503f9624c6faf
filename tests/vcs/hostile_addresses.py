"""Addresses that lead, or look as if they led, away from a code host.

`{good}` and `{evil}` stand for the code host and the attacker's server, each as host and port; `{port}` for the attacker's port.
"""

from __future__ import annotations

ADDRESSES = (
    # urllib.parse sees {good} in these, urllib3 connects to {evil}.
    r"http://{evil}\@{good}/x",
    r"http://{evil}\/@{good}/x",
    r"http://{evil}\x@{good}/x",
    # Other backslashes, which browsers take for slashes.
    r"http://{evil}\.{good}/x",
    r"http://{good}\@{evil}/x",
    r"http://user:1\@{good}/x",
    r"http://{good}/\{evil}/x",
    r"http:\\{evil}/x",
    r"http:/\{evil}/x",
    r"\\{evil}/x",
    r"/\{evil}/x",
    r"\/{evil}/x",
    # Plainly another host.
    "http://{evil}/x",
    "HTTP://{evil}/x",
    "http://{evil}",
    "http://{evil}?@{good}/x",
    "http://{evil}#@{good}/x",
    "http://{evil}/@{good}/x",
    # Users.
    "http://{good}@{evil}/x",
    "http://{evil}:@{good}/x",
    "http://{good}:443@{evil}/x",
    "http://{good}%40{evil}/x",
    "http://user:password@{good}/x",
    "http://user@{good}/x",
    "http://@{good}/x",
    "http://:@{good}/x",
    "//user@{good}/x",
    # Other ports, other names of this machine, other spellings of its address.
    "http://{good}:{port}/x",
    "http://{good}./x",
    "http://127.0.0.1/x",
    "http://127.0.0.1:0/x",
    "http://127.0.0.1:{port}/x",
    "http://127.0.0.1:0{port}/x",
    "http://127.0.0.1.:{port}/x",
    "http://127.0.0.2:{port}/x",
    "http://127.1:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f.0.0.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://%31%32%37.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "http://LOCALHOST:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://[::1%25lo]:{port}/x",
    "http://[{good}]@{evil}/x",
    "http://[::1/x",
    # Characters that some parsers turn into others: dots, digits, a slash, a soft hyphen, a long s.
    "http://127。0。0。1:{port}/x",
    "http://127．0．0．1:{port}/x",
    "http://①②⑦.0.0.1:{port}/x",
    "http://{good}／@{evil}/x",
    "http://loc\u00adalhost:{port}/x",
    "httpſ://{evil}/x",
    "http://{good}/ü",
    # Other schemes.
    "https://{good}/x",
    "https://{evil}/x",
    "ftp://{good}/x",
    "ws://{evil}/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    # Too few slashes, or too many.
    "//{evil}/x",
    "///{evil}/x",
    "////{evil}/x",
    "http:///{evil}/x",
    "http:////{evil}/x",
    "http:/{evil}/x",
    "http:{evil}/x",
    "https:{evil}/x",
    "https:{good}/x",
    "http://{good}//{evil}/x",
    "{evil}/x",
    "",
    # Blanks and control characters, some of which urllib.parse drops.
    "/\t/{evil}/x",
    "\t//{evil}/x",
    "ht\ttp://{evil}/x",
    "http:\t//{evil}/x",
    "http:/\t/{evil}/x",
    "http://{evil}\t@{good}/x",
    "http://{evil} @{good}/x",
    "http://{evil}\x00@{good}/x",
    "http://{evil}\x0b@{good}/x",
    "http://{good}/x\ty",
    "http://{good}/x y",
    "http://{good}, http://{evil}/x",
    # Out of the API's part of the host.
    "http://{good}/x/../../y",
    "http://{good}/x/%2e%2E/y",
    "http://{good}/x/..%2fy",
)

WITH_LINE_BREAKS = (
    "http:/\n/{evil}/x",
    "\nhttp://{evil}/x",
    "http://{evil}\n@{good}/x",
    "http://{evil}\r\n@{good}/x",
    "http://{good}/x\r\nX-Other: y",
)
"""Those that no header can hold."""

PATHS = ("@{evil}/x", r"\@{evil}/x", ":x@{evil}/x", ".{evil}/x", "1/x", "%40{evil}/x", r"\x", "\t@{evil}/x", "/../x")
"""What names another host, or another API of the same host, when it is put behind a base."""

REPOSITORY_NAMES = (
    "..",
    ".",
    "../..",
    "a/../../user",
    "%2e%2e",
    "..%2f",
    "a?x=1",
    "a#x",
    "a;x",
    "a&x=1",
    r"a\..\b",
    "@evil",
    ":80@evil",
    "a b",
    "ü",
    "a\r\nX: y",
    "http://evil",
)
"""An owner, or a name, of a repository."""
