"""No test of this project can reach beyond this machine."""

from __future__ import annotations

import os
import socket

import pytest


def test_an_address_elsewhere_is_refused_before_anything_is_sent() -> None:
    with socket.socket() as one, pytest.raises(Exception, match=r"this machine only, not 192\.0\.2\.1"):
        one.connect(("192.0.2.1", 80))
    with socket.socket() as one, pytest.raises(Exception, match=r"this machine only, not 192\.0\.2\.1"):
        one.connect_ex(("192.0.2.1", 80))


def test_a_name_elsewhere_is_not_even_looked_up() -> None:
    with pytest.raises(Exception, match=r"this machine only, not example\.org"):
        socket.create_connection(("example.org", 80))


def test_no_real_account_is_within_reach() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert os.environ["AWS_CONFIG_FILE"] == os.devnull
    assert "AWS_PROFILE" not in os.environ
