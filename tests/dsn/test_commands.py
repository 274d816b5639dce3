"""The commands for reading reports: no database is asked."""

import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

SAMPLES = Path(__file__).parent / "samples"


def test_it_reads_one_mail_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = (SAMPLES / "exim-01-failed.eml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    out = io.StringIO()
    call_command("read_report", stdout=out)
    (row,) = json.loads(out.getvalue())
    assert (row["recipient"], row["status"], row["reason"]) == ("gone@remote.local", "5.1.1", "user_unknown")


def test_it_reads_a_directory_in_order() -> None:
    out = io.StringIO()
    call_command("read_report", "--batch", str(SAMPLES), stdout=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["file"] for line in lines] == sorted(path.name for path in SAMPLES.glob("*.eml"))
    assert all(line["results"] for line in lines)


def test_it_refuses_what_is_no_directory() -> None:
    with pytest.raises(CommandError, match="not a directory"):
        call_command("read_report", "--batch", str(SAMPLES / "none"))


def test_it_explains_an_answer() -> None:
    out = io.StringIO()
    call_command("reasons", "--explain", "550 5.2.2 over quota", stdout=out)
    assert "mailbox_full: soft, fault: recipient" in out.getvalue()
    assert 'status 5.2.2, by text "over quota"' in out.getvalue()


def test_it_lists_every_reason() -> None:
    out = io.StringIO()
    call_command("reasons", stdout=out)
    assert "user_unknown: hard, fault: recipient" in out.getvalue()
