"""The token of a code host is sent to that host only, whatever an answer, a cursor or a repository's name says.

An attacker's server listens beside the code host's and must never be asked for anything.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import unquote

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from urllib3.connectionpool import HTTPConnectionPool

from compute.vcs.budget import Breaker
from compute.vcs.http import Http
from compute.vcs.port import NotFound, VcsError
from leadline.store.memory import MemoryTable
from tests.vcs.asking import Clock, connect
from tests.vcs.hostile_addresses import ADDRESSES, PATHS, REPOSITORY_NAMES, WITH_LINE_BREAKS
from tests.vcs.loopback import Asked, Reply, Server, serving

PROOF = {"Authorization": "Bearer secret-token"}
REDIRECTS = (301, 302, 307, 308)


class Hosts:
    """The code host's server and the attacker's."""

    def __init__(self, good: Server, evil: Server) -> None:
        self.good, self.evil = good, evil

    def client(self, headers: Callable[[], Mapping[str, str]] = lambda: PROOF) -> Http:
        return a_client(self.good.address, headers)

    def spelled(self, *spellings: str) -> list[str]:
        good, evil = (server.address.removeprefix("http://") for server in (self.good, self.evil))
        return [each.format(good=good, evil=evil, port=evil.partition(":")[2]) for each in spellings]


def a_client(base: str, headers: Callable[[], Mapping[str, str]] = lambda: PROOF) -> Http:
    return Http(base, headers, Breaker(MemoryTable(), "host", Clock()), Clock())


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with serving(lambda _: Reply(200, {})) as good, serving(lambda _: Reply(200, {})) as evil:
        yield Hosts(good, evil)


def is_refused(ask: Callable[[], object]) -> bool:
    """Not as a failure of the host, which would count against it."""
    try:
        ask()
    except Exception as error:
        return isinstance(error, NotFound)
    return False


def test_no_page_is_fetched_from_another_host(hosts: Hosts) -> None:
    addresses = hosts.spelled(*ADDRESSES, *WITH_LINE_BREAKS)
    accepted = [each for each in addresses if not is_refused(lambda to=each: hosts.client().get_next(to))]
    assert (hosts.evil.asked, accepted, hosts.good.asked) == ([], [], [])


def test_nothing_is_posted_to_another_host(hosts: Hosts) -> None:
    addresses = [each for each in hosts.spelled(*ADDRESSES, *WITH_LINE_BREAKS) if "://" in each]
    addresses += hosts.spelled(*PATHS)
    accepted = [each for each in addresses if not is_refused(lambda to=each: hosts.client().post(to, {"secret": 1}))]
    assert (hosts.evil.asked, accepted, hosts.good.asked) == ([], [], [])


def test_no_path_leads_to_another_host(hosts: Hosts) -> None:
    for ask in (lambda path: hosts.client().get(path), lambda path: hosts.client().get_text(path, accept="text/plain")):
        accepted = [path for path in hosts.spelled(*PATHS) if not is_refused(lambda path=path, ask=ask: ask(path))]
        assert (hosts.evil.asked, accepted, hosts.good.asked) == ([], [], [])


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_redirect_leads_to_another_host(hosts: Hosts, method: str, status: int) -> None:
    followed = []
    for location in hosts.spelled(*ADDRESSES):
        header = {"Location": location.encode().decode("latin-1")}
        hosts.good.fault = lambda asked, header=header: Reply(status, {}, header) if asked.path == "/a" else None
        hosts.good.asked.clear()
        http = hosts.client()
        refused = is_refused(lambda http=http: http.get("/a") if method == "GET" else http.post("/a", {"secret": 1}))
        if not refused or len(hosts.good.asked) != 1:
            followed.append(location)
    assert (hosts.evil.asked, followed) == ([], [])


def test_no_proof_is_made_for_an_address_that_is_refused(hosts: Hosts) -> None:
    made: list[Mapping[str, str]] = []

    def headers() -> Mapping[str, str]:
        made.append(PROOF)
        return PROOF

    assert is_refused(lambda: hosts.client(headers).post(hosts.evil.address + "/graphql", {}))
    assert made == []


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirects_on_the_same_host_keep_token_and_body(hosts: Hosts, status: int) -> None:
    for location, target in (
        ("/b?page=2", "/b?page=2"),
        ("?page=2", "/a/one?page=2"),
        ("two", "/a/two"),
        ("../b", "/b"),
        ("//{good}/b", "/b"),
        ("http://{good}/b", "/b"),
        ("HTTP://{good}/b#part", "/b"),
        ('http://{good}/b?q=x="y@z"&to=http://a/', "/b?q=x=%22y@z%22&to=http://a/"),
        ("/repos/acme/@scope%2Fshop", "/repos/acme/@scope%2Fshop"),
    ):
        (to,) = hosts.spelled(location)
        hosts.good.fault = lambda asked, to=to: (
            Reply(status, {}, {"Location": to}) if (asked.raw_path, asked.query) == ("/a/one", {}) else None
        )
        hosts.good.asked.clear()
        with connections() as made:
            hosts.client().get("/a/one")
            hosts.client().post("/a/one", {"query": 1})
        assert [path for *_, path in made] == ["/a/one", target] * 2
        assert [(asked.method, asked.body) for asked in hosts.good.asked[2:]] == [("POST", b'{"query": 1}')] * 2
        assert {asked.headers["authorization"] for asked in hosts.good.asked} == {PROOF["Authorization"]}


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://git.acme.dev/api/v4", "https://git.acme.dev:443/x"),
        ("https://git.acme.dev:443", "https://GIT.acme.dev:/x"),
        ("http://localhost", "http://localhost:080/x"),
        ("http://[2001:db8::A]", "http://[2001:DB8::a]:80/x"),
    ],
)
def test_a_default_port_may_be_written_or_left_out(base: str, address: str) -> None:
    with connections(lambda: an_answer(200)) as made:
        a_client(base).get_next(address)
    assert [path for *_, path in made] == ["/x"]


BASE = "http://git.acme.dev:81/api/v4"
# Most of the pieces are harmless, so that many of the addresses are accepted.
SCHEMES = st.sampled_from(("http://", "http://", "http://", "HTTP://", "https://", "//", "http:", "http:///", "/", ""))
NAMES = st.sampled_from(
    ("git.acme.dev:81", "git.acme.dev:81", "GIT.acme.dev:081", "git.acme.dev", "evil.dev", "[::1]:81")
)
MARKS = st.sampled_from(
    ("", "", "", "", "@", "\\@", "\\", ":", ".", "%40", "#", "?", "/", "\t", "\n", " ", "。", "／", "x")
)
PATHS_AND_QUERIES = st.sampled_from(
    ("", "/x", "/x?y=1", "?y=1", "#z", "/x/../y", "/@evil.dev/", "//evil.dev/", "\\x", "/ü")
)
PIECES = st.one_of(NAMES, MARKS, st.characters())
MANY_ADDRESSES = st.one_of(
    st.tuples(SCHEMES, NAMES, MARKS, PATHS_AND_QUERIES),
    st.tuples(SCHEMES, NAMES, MARKS, NAMES, PATHS_AND_QUERIES),
    st.tuples(SCHEMES, PIECES, PIECES, PIECES, PATHS_AND_QUERIES),
).map("".join)


@given(MANY_ADDRESSES)
def test_an_address_is_accepted_only_where_urllib3_would_connect_to_our_host_for_it(address: str) -> None:
    for ask in (lambda http: http.get_next(address), lambda http: http.post(address, {})):
        with connections(lambda: an_answer(200)) as made, contextlib.suppress(VcsError):
            ask(a_client(BASE))
        for *where, _ in made:
            assert where == ["http", "git.acme.dev", 81]
            if "://" in address:  # anything else is a path for `post`
                pool = urllib3.PoolManager().connection_from_url(address)
                assert [pool.scheme, pool.host, pool.port] == where


@given(MANY_ADDRESSES)
def test_a_redirect_is_followed_only_to_our_host(location: str) -> None:
    answers = iter([an_answer(302, location), an_answer(302, location), an_answer(200)])
    with connections(lambda: next(answers)) as made, contextlib.suppress(VcsError):
        a_client(BASE).get("/a")
    assert {tuple(where) for *where, _ in made} == {("http", "git.acme.dev", 81)}


@contextlib.contextmanager
def connections(answer: Callable[[], Any] | None = None) -> Iterator[list[tuple[str | None, str, int | None, str]]]:
    """Scheme, host, port and path of each request that urllib3 makes. `answer` takes the place of the network."""
    made: list[tuple[str | None, str, int | None, str]] = []
    real = HTTPConnectionPool.urlopen

    def urlopen(pool: HTTPConnectionPool, method: str, url: str, *args: Any, **named: Any) -> Any:
        made.append((pool.scheme, pool.host, pool.port, url))
        return answer() if answer is not None else real(pool, method, url, *args, **named)

    with mock.patch.object(HTTPConnectionPool, "urlopen", urlopen):
        yield made


def an_answer(status: int, location: str = "") -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(io.BytesIO(b"{}"), {"location": location}, status, preload_content=False)


API_PATHS = {"github": "/repos/", "gitea": "/repos/", "gitlab": "/projects/", "bitbucket": "/repositories/"}


@pytest.mark.parametrize("kind", API_PATHS)
def test_a_repository_name_stays_within_its_part_of_the_path(kind: str, hosts: Hosts) -> None:
    hosts.good.fault = lambda _: Reply(404, {})
    for name in (f"{owner}/{name}" for odd in REPOSITORY_NAMES for owner, name in ((odd, "shop"), ("acme", odd))):
        hosts.good.asked.clear()
        host = connect(kind, hosts.good.address, name="git.acme.dev")
        assert is_refused(lambda host=host, name=name: host.history(f"git.acme.dev/{name}", "1" * 40, None))
        assert is_refused(lambda host=host, name=name: host.recent(f"git.acme.dev/{name}", 0, None))
        assert [named_in(asked, API_PATHS[kind]) for asked in hosts.good.asked] in ([], [name] * 2)
        assert not {".", ".."} & set(name.split("/")) or not hosts.good.asked
    assert hosts.evil.asked == []


def named_in(asked: Asked, api_path: str) -> str:
    """The repository that the server finds in the path: a segment or two, whatever is encoded in them."""
    assert asked.raw_path.startswith(api_path)
    assert asked.query.keys() <= {
        "sha",
        "since",
        "per_page",
        "page",
        "pagelen",
        "limit",
        "stat",
        "verification",
        "files",
    }
    segments = asked.raw_path.removeprefix(api_path).split("/")
    return unquote(segments[0] if api_path == "/projects/" else "/".join(segments[:2]))


def test_a_stored_cursor_leads_to_no_other_host(hosts: Hosts) -> None:
    cursors = [
        f"{kind}:{place}" for kind in ("commits", "changes") for place in hosts.spelled(*ADDRESSES, *PATHS) if place
    ]
    for cursor in cursors:
        bitbucket = connect("bitbucket", hosts.good.address, name="bitbucket.org")
        with pytest.raises(VcsError):
            bitbucket.recent("bitbucket.org/acme/shop", 0, cursor)
    assert hosts.evil.asked == []
