"""Scored against a set of real mails that lies beside the repository, where it does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "dsn-corpus"

pytestmark = pytest.mark.skipif(
    not (CORPUS / "score.py").exists(), reason="../shared/dsn-corpus is not beside the repository"
)


@pytest.fixture(scope="module", params=["raw", "crlf", "lf"])
def summary(request: pytest.FixtureRequest) -> dict[str, str]:
    command = f"{sys.executable} {ROOT / 'manage.py'} read_report --batch"
    score = [sys.executable, str(CORPUS / "score.py"), "--batch-cmd", command, "--eol", request.param]
    output = subprocess.run(score, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return dict(re.findall(r"(\w+)=(\S+)", output.partition("SUMMARY ")[2]))


@pytest.mark.parametrize(
    ("figure", "least"),
    [("recall", 99.0), ("precision", 99.0), ("recall_non", 97.0), ("status", 99.0), ("bucket", 97.0), ("action", 99.5)],
)
def test_it_reads_real_reports(summary: dict[str, str], figure: str, least: float) -> None:
    assert float(summary[figure]) >= least


def test_it_takes_no_ordinary_mail_for_a_report(summary: dict[str, str]) -> None:
    assert summary["negfalse"].startswith("0/")


def test_it_never_crashes(summary: dict[str, str]) -> None:
    assert summary["crashes"] == "0"
