"""The newcomer's path in a real browser: log in, make an application, send a test mail, see its receipt and its timeline.

With EPM_SCREENSHOTS naming a folder, the pictures of the README are taken on the way.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from email_processor.browser.turns import browse_due
from email_processor.inbound.settling import classify_due
from email_processor.outbound.sending import drain
from email_processor.simulator import running_world
from epm.models import Application
from notifications.dispatching import tell_due
from tests import factories
from tests.console.busy_day import make_busy_day
from tests.inbound.listening import running_listener
from tests.receivers import Receiver, receiver

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long password"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium: apt-get install chromium"),
]


@pytest.fixture(autouse=True)
def orm_beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright's synchronous API keeps an event loop in this thread, at which the ORM would refuse to work.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def application_server() -> Iterator[Receiver]:
    with receiver() as server:
        server.answers_json({"actions": [{"type": "note", "text": "Noted in the order"}]})
        yield server


@pytest.fixture
def work(settings: Any) -> Iterator[Callable[[], None]]:
    """The simulated world and the listener; the call does once what the workers would do."""
    with running_listener() as listener, running_world(report_to=("127.0.0.1", listener.smtp_port)) as world:
        settings.EPM_SIMULATOR_PORT = world.port

        def once() -> None:
            drain("main")
            classify_due()
            browse_due()
            tell_due()

        yield once
    connections.close_all()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said of errors and of the content security policy."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Page:
    page = browser.new_page(viewport={"width": 1366, "height": 860}, color_scheme="light")
    page.set_default_timeout(10_000)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return page


def pictures(page: Page, name: str) -> None:
    """Keep pictures of the page in both themes, if they are asked for."""
    if folder := os.environ.get("EPM_SCREENSHOTS"):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.goto(page.url)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=Path(folder) / f"console-{name}-{scheme}.png")


def test_a_newcomer_sees_what_became_of_a_test_mail(
    live_server: LiveServer,
    page: Page,
    work: Callable[[], None],
    application_server: Receiver,
    complaints: list[str],
) -> None:
    User.objects.create_superuser("newcomer", password=PASSWORD)
    factories.make_zone()

    log_in(page, live_server.url)
    expect(page.get_by_text("Send your first mail")).to_be_visible()
    make_an_application(page, application_server.url)
    send_a_test_mail(page, "bounce@simulated.example")
    wait_for_the_receipt(page, work)

    expect(page.get_by_text("Delivery receipt: failed 5.1.1")).to_be_visible()
    expect(page.get_by_text("Told the application: email.bounced")).to_be_visible()
    expect(page.get_by_text("Email Browser, turn 1")).to_be_visible()
    pictures(page, "timeline")
    see_the_receipt(page)
    see_a_busy_day(page, live_server.url)
    assert complaints == []


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/console/login/")
    page.fill("#id_username", "newcomer")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in").click()


def make_an_application(page: Page, url: str) -> None:
    page.get_by_role("link", name="an application").click()
    expect(page.locator("#id_in_doubt_wait")).to_be_hidden()
    page.select_option("#id_in_doubt_policy", "wait")
    expect(page.locator("#id_in_doubt_wait")).to_be_visible()
    page.select_option("#id_in_doubt_policy", "resend")
    page.fill("#id_name", "orders")
    page.fill("#id_application_url", f"{url}/application")
    page.fill("#id_notification_url", f"{url}/notifications")
    page.fill("#id_addresses-0-address", "orders@example.com")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    pictures(page, "application")


def send_a_test_mail(page: Page, to: str) -> None:
    page.get_by_role("link", name="Send a test mail").click()
    page.fill("#id_to", to)
    page.get_by_role("button", name="Send test mail").click()
    expect(page.get_by_text("The mail is accepted and queued")).to_be_visible()


def wait_for_the_receipt(page: Page, work: Callable[[], None]) -> None:
    for _ in range(50):
        work()
        page.reload()
        if page.get_by_text("Email Browser, turn 1").count() and page.get_by_text("email.bounced").count():
            return


def see_the_receipt(page: Page) -> None:
    page.get_by_text("The raw report").click()
    expect(page.get_by_text("mailer-daemon@")).to_be_visible()
    page.locator("#nav-sidebar-apps a[href$='/deliveryreceipt/']").click()
    page.get_by_role("link", name="bounce@simulated.example").click()
    expect(page.get_by_text("The server of the mailbox itself reported.")).to_be_visible()


def see_a_busy_day(page: Page, url: str) -> None:
    count = 1 + make_busy_day(Application.objects.get())
    page.goto(f"{url}/console/")
    expect(page.get_by_text(f"{count} recipients, by where they stand now")).to_be_visible()
    expect(page.locator(".c-hour")).to_have_count(24)
    pictures(page, "dashboard")
