import io
import json
from pathlib import Path

import pytest
from epm_connector.cli import main
from stub import ACCEPTED, Platform

SEND = ["send", "--from", "shop@example.com", "--to", "jo@example.net"]


@pytest.fixture(autouse=True)
def environment(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"ENDPOINT": platform.url, "CREDENTIAL": "epm_1", "SECRET": "s3cret", "APPLICATION": "orders"}
    for name, value in variables.items():
        monkeypatch.setenv(f"EPM_{name}", value)


def test_it_sends(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.answer(202, ACCEPTED)
    assert main([*SEND, "--subject", "Hello"]) == 0
    told = capsys.readouterr().out
    assert "accepted: m-1" in told
    assert "jo@example.net: queued (receipts to expect: FAILURE)" in told


def test_it_hands_over_options(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.answer(202, ACCEPTED)
    file = tmp_path / "a.txt"
    file.write_text("text")
    monkeypatch.setattr("sys.stdin", io.StringIO("from a pipe"))
    parameters = ["--parameter", "tag=a", "--parameter", "metadata.order=17", "--parameter", "sandbox=true"]
    main([*SEND, "--body", "-", "--attach", str(file), "--header", "X-A=b=c", *parameters])
    asked = platform.asked[0].json()
    assert (asked["body"], asked["headers"], asked["sandbox"]) == ("from a pipe", {"X-A": "b=c"}, True)
    assert (asked["tag"], asked["metadata"], asked["attachments"][0]["fileName"]) == (["a"], {"order": "17"}, "a.txt")


def test_it_prints_json(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.answer(202, ACCEPTED)
    main([*SEND, "--json"])
    assert json.loads(capsys.readouterr().out)["message_id"] == "m-1"


def test_it_launches(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.answer(201, {"session_id": "s-1"})
    assert main(["launch", *SEND[1:], "--app-parameter", "step=1"]) == 0
    assert "s-1" in capsys.readouterr().out


def test_it_cancels(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    late = {"id": "r-1", "address": "jo@example.net", "state": "sent", "cancelled": False, "why": "too late: sent"}
    platform.answer(200, {"message_id": "m-1", "recipients": [late]})
    assert main(["cancel", "m-1"]) == 0
    assert capsys.readouterr().out == "jo@example.net: sent too late: sent\n"


def test_it_says_in_plain_words_what_was_refused(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.refuse(403, "sender_not_allowed", field="from")
    assert main(SEND) == 1
    assert capsys.readouterr().err == "epm-connector: sender_not_allowed (from): Why.\n"


def test_it_gives_the_refusal_as_json(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.refuse(403, "sender_not_allowed", field="from")
    main([*SEND, "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "sender_not_allowed"


@pytest.mark.usefixtures("waits")
def test_it_tells_a_script_to_try_again(platform: Platform) -> None:
    platform.refuse(503, "processor_unavailable", retryable=True)
    assert main(SEND) == 75


def test_it_names_the_variable_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EPM_SECRET")
    assert main(SEND) == 2
    assert "EPM_SECRET is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--attach", "/no/such/file"], ["--header", "X"], ["--parameter", "tag"], ["--protocol", "grpc"]]
)
def test_it_refuses_a_command_it_cannot_read(wrong: list[str]) -> None:
    try:
        status: object = main([*SEND, *wrong])
    except SystemExit as exit:
        status = exit.code
    assert status == 2
