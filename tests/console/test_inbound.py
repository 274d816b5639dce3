"""The page of a mail that came in."""

import pytest
from django.test import Client
from django.urls import reverse

from email_processor.inbound import intake
from email_processor.inbound.intake import Arrival
from email_processor.models import InboundMessage


@pytest.mark.django_db(transaction=True)
def test_it_shows_which_server_handed_the_mail_in(support: Client) -> None:
    intake.keep([Arrival(b"Subject: x\n\ny", "", "someone@example.com", InboundMessage.Source.SMTP, "192.0.2.7")])
    page = reverse("admin:email_processor_inboundmessage_change", args=[InboundMessage.objects.get().pk])
    assert "192.0.2.7" in support.get(page).content.decode()
