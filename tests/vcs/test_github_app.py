"""A GitHub App's proof and its installation tokens."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from compute.vcs.connection import BadConfiguration, Connections
from compute.vcs.port import Denied, NotFound
from compute.vcs.rs256 import BadKey, read_key
from leadline.store.memory import MemoryTable
from tests.vcs.asking import NOW, Clock
from tests.vcs.github_description import answer_check
from tests.vcs.loopback import Asked, Reply, serving

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(form: serialization.PrivateFormat, key: rsa.RSAPrivateKey = KEY) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


PKCS1, PKCS8 = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8


@pytest.mark.parametrize("form", [PKCS1, PKCS8])
@pytest.mark.parametrize("size", [2048, 3072])
def test_our_signatures_are_what_another_implementation_verifies(form: serialization.PrivateFormat, size: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    ours = read_key(pem(form, key))
    for message in (b"", b"a message", bytes(range(256)) * 50):
        signature = ours.sign(message)
        key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        assert signature == key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def test_a_key_that_is_none_is_refused_without_a_word_of_it() -> None:
    good = pem(PKCS1)
    lines = good.splitlines()
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for bad in (
        "",
        "hello",
        "\n".join(lines[:5] + lines[-1:]),
        good.replace(lines[3], lines[4]),
        good.replace("RSA PRIVATE", "EC PRIVATE"),
        good.replace(lines[1], "!" * 64),
        pem(PKCS1, small),
    ):
        with pytest.raises(BadKey) as raised:
            read_key(bad)
        assert not any(line in str(raised.value) for line in lines[1:-1])
    assert lines[3] not in repr(read_key(good))


def test_a_key_on_one_line_as_secrets_often_hold_it_is_read() -> None:
    assert read_key(pem(PKCS1).replace("\n", "\\n")).sign(b"x")


class AppHost:
    """GitHub as an App sees it: it hands out tokens for an hour, and lets only those in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tokens: list[str] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.path != "/app/installations/77/access_tokens":
            good = self.tokens and asked.headers["authorization"] == f"Bearer {self.tokens[-1]}"
            return Reply(404, {}) if good else Reply(401, {})
        head, claims, signature = asked.headers["authorization"].removeprefix("Bearer ").split(".")
        KEY.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        told = json.loads(_decoded(claims))
        assert json.loads(_decoded(head)) == {"alg": "RS256", "typ": "JWT"}
        assert told["iss"] == "4711"
        assert told["iat"] < self._clock.now / 1000 < told["exp"] <= told["iat"] + 600
        permissions = json.loads(asked.body)["permissions"]
        assert set(permissions.values()) == {"read"}
        self.tokens.append(f"ghs_{len(self.tokens)}")
        ends = datetime.fromtimestamp(self._clock.now / 1000 + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = {"token": self.tokens[-1], "expires_at": ends, "permissions": permissions}
        answer_check("token")(content)
        return Reply(201, content)


def test_an_app_asks_with_a_read_only_token_that_is_renewed_before_it_ends() -> None:
    clock = Clock()
    host = AppHost(clock)
    with serving(host) as server:
        secret = {
            "kind": "github",
            "api": server.address,
            "app_id": 4711,
            "installation_id": 77,
            "private_key": pem(PKCS1),
        }
        github = Connections(lambda: json.dumps({"github.com": secret}), MemoryTable(), clock).of("github.com/a/b")
        assert github is not None
        for minutes, tokens in ((0, 1), (50, 1), (56, 2)):
            clock.now = NOW + minutes * 60_000
            with pytest.raises(NotFound):
                github.history("github.com/a/b", "1" * 40, None)
            assert len(host.tokens) == tokens


def test_an_app_that_was_uninstalled_is_told_apart_from_an_outage() -> None:
    with serving(lambda _: Reply(401, {"message": "'Issuer' claim ('iss') must be an Integer"})) as server:
        secret = {
            "kind": "github",
            "api": server.address,
            "app_id": 1,
            "installation_id": 77,
            "private_key": pem(PKCS1),
        }
        github = Connections(lambda: json.dumps({"github.com": secret}), MemoryTable(), Clock()).of("github.com/a/b")
        assert github is not None
        with pytest.raises(Denied):
            github.history("github.com/a/b", "1" * 40, None)


def test_what_is_wrong_with_the_configuration_is_said_without_its_secrets() -> None:
    for wrong in (
        "no json",
        "[]",
        '{"github.com": "token"}',
        '{"github.com": {"kind": "cvs", "token": "s3cret"}}',
        '{"github.com": {"kind": "github"}}',
        '{"github.com": {"kind": "github", "token": "s3cret\\n"}}'.replace("\\n", "\\u00e9"),
        '{"git.acme.dev": {"kind": "gitea", "token": "s3cret"}}',
        '{"git.acme.dev": {"kind": "gitea", "api": "http://git.acme.dev/api/v1", "token": "s3cret"}}',
        '{"git.acme.dev": {"kind": "gitea", "api": "https://me:s3cret@git.acme.dev/api/v1", "token": "x"}}',
        '{"git.acme.dev": {"kind": "gitea", "api": "file:///etc/passwd", "token": "s3cret"}}',
        '{"github.com": {"kind": "github", "app_id": 1, "installation_id": "../x", "private_key": "s3cret"}}',
        '{"github.com": {"kind": "github", "app_id": 1, "installation_id": 2, "private_key": "s3cret"}}',
    ):
        name = "git.acme.dev" if "git.acme.dev" in wrong else "github.com"
        connections = Connections(lambda text=wrong: text, MemoryTable(), Clock())  # type: ignore[misc]
        with pytest.raises(BadConfiguration) as raised:
            connections.of(f"{name}/acme/shop")
        assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "api",
    [
        r"https://git.acme.dev\.evil.dev/api/v1",
        "https://@git.acme.dev/api/v1",
        " https://git.acme.dev/api/v1",
        "https://git.ac\tme.dev/api/v1",
        "http://local\nhost/api/v1",
        "https://gït.acme.dev/api/v1",
        "https://\u212aubernetes.acme.dev/api/v1",  # the sign of the kelvin, which lower case turns into a k
        "https://%67it.acme.dev/api/v1",
        "https://git.acme.dev:0/api/v1",
        "https://:443/api/v1",
        "https://git.acme.dev/api/../v1",
        "https://git.acme.dev/api/v1#",
    ],
)
def test_an_api_address_that_programs_may_read_differently_is_refused(api: str) -> None:
    secret = {"git.acme.dev": {"kind": "gitea", "api": api, "token": "s3cret"}}
    with pytest.raises(BadConfiguration, match="`api` must be"):
        Connections(lambda: json.dumps(secret), MemoryTable(), Clock()).of("git.acme.dev/acme/shop")


def test_one_host_that_is_configured_wrongly_leaves_the_others_as_they_are() -> None:
    secret = {"git.acme.dev": {"kind": "gitea"}, "github.com": {"kind": "github", "token": "one"}}
    assert Connections(lambda: json.dumps(secret), MemoryTable(), Clock()).of("github.com/acme/shop")


def test_only_a_configured_host_is_asked_and_a_new_token_is_used_within_a_minute() -> None:
    clock = Clock()
    secret = {"github.com": {"kind": "github", "token": "one"}}
    connections = Connections(lambda: json.dumps(secret), MemoryTable(), clock)
    assert connections.of("gitlab.com/acme/shop") is None
    assert connections.of("acme/shop") is None
    old = connections.of("github.com/acme/shop")
    assert connections.of("github.com/acme/other") is old
    secret["github.com"]["token"] = "two"
    clock.now += 60_000
    assert connections.of("github.com/acme/shop") is not old


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
