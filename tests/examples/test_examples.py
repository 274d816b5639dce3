"""The examples run as they are printed."""

import json
import sys
from collections.abc import Callable

import pytest
from pytest_django import Settings

from email_processor.models import Message
from tests.examples.conftest import EXAMPLES, run
from tests.real_mail import skip_where
from tests.strangers import runtimes


@pytest.mark.django_db(transaction=True)
def test_it_sends_and_asks_by_curl(caller: dict[str, str]) -> None:
    sent = json.loads(run(str(EXAMPLES / "curl/send.sh"), "jo@example.net", environment=caller).stdout)
    told = json.loads(run(str(EXAMPLES / "curl/status.sh"), sent["message_id"], environment=caller).stdout)
    assert told["message"]["id"] == str(Message.objects.get().pk)


@pytest.mark.django_db(transaction=True)
def test_it_sends_by_curl_over_soap(caller: dict[str, str]) -> None:
    told = run(str(EXAMPLES / "curl/send-soap.sh"), "jo@example.net", environment=caller).stdout
    assert f"messageID_returned>{Message.objects.get().pk}<" in told


@pytest.mark.django_db(transaction=True)
def test_it_says_why_the_python_example_was_refused(caller: dict[str, str]) -> None:
    told = run(sys.executable, str(EXAMPLES / "python/send_and_follow.py"), "jo@", environment=caller)
    assert (told.returncode, told.stderr.startswith("not done: invalid_request (to[0])")) == (1, True)


LANGUAGES: dict[str, tuple[Callable[[], str], list[str]]] = {
    "node": (runtimes.without_node, ["node", str(EXAMPLES / "node/send.js")]),
    "node-soap": (runtimes.without_node, ["node", str(EXAMPLES / "node/send-soap.js")]),
    "php": (runtimes.without_php, ["php", str(EXAMPLES / "php/send.php")]),
    "java": (runtimes.without_java, [str(EXAMPLES / "java/run.sh")]),
}


@pytest.mark.strangers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_sends_and_asks_in_other_languages(caller: dict[str, str], settings: Settings, language: str) -> None:
    missing, command = LANGUAGES[language]
    skip_where(missing())
    settings.EPM_PUBLIC_URL = caller["EPM_ENDPOINT"]
    told = run(*command, "jo@example.net", "al@example.net", environment=caller)
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, f"accepted {Message.objects.get().pk}"), told.stderr
    assert [line.partition(",")[0] for line in told.stdout.splitlines()[1:]] == [
        "jo@example.net: queued",
        "al@example.net: queued",
    ]


@pytest.mark.strangers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["node", "node-soap", "php"])
def test_it_says_why_it_was_refused_in_other_languages(
    caller: dict[str, str], settings: Settings, language: str
) -> None:
    missing, command = LANGUAGES[language]
    skip_where(missing())
    settings.EPM_PUBLIC_URL = caller["EPM_ENDPOINT"]
    told = run(*command, "jo@", environment=caller)
    assert (told.returncode, told.stderr.splitlines()[-1].startswith("not done: invalid_request (to[0])")) == (1, True)
