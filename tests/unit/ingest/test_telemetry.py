"""What a log line says of an exception: where and what sort, and not its message, which may repeat what was sent."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from leadline.domain.errors import Transient
from leadline.telemetry import describe
from tests.contract.events_api import EventsApi, a_change


def test_a_message_is_left_out_and_so_is_its_causes() -> None:
    try:
        try:
            raise ValueError("hunter2")
        except ValueError as error:
            raise Transient("hunter2") from error
    except Transient as error:
        said = describe(error)
    assert (said["error"], said["cause"]["error"]) == ("Transient", "ValueError")
    assert "test_telemetry.py" in said["at"][-1]
    assert "hunter2" not in json.dumps(said)


def test_aws_says_its_code_and_no_more() -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "hunter2"}}, "SendMessageBatch")
    said = describe(error)
    assert said["aws_code"] == "AccessDenied"
    assert "hunter2" not in json.dumps(said)


def test_a_bug_whose_message_repeats_the_input_is_logged_without_it() -> None:
    api = EventsApi()

    def clock() -> int:
        raise RuntimeError("hunter2")

    api.app._clock = clock
    assert api.post("change", a_change()).status == 500
    assert "RuntimeError" in api.log.getvalue()
    assert "hunter2" not in api.log.getvalue()
