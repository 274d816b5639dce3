"""A mail world to try things in: an SMTP server that delivers, refuses, delays and reports as it is told to.

Needs neither Django nor a mail server. `python manage.py simulator` runs it.
"""

from email_processor.simulator.behaviours import Behaviour, behaviour_of, describe, help_page
from email_processor.simulator.envelope import EnvelopeRecipient, EnvelopeSender, OriginalRecipient, ReceivedMail
from email_processor.simulator.world import RunningWorld, SimulatedWorld, running_world

__all__ = [
    "Behaviour",
    "EnvelopeRecipient",
    "EnvelopeSender",
    "OriginalRecipient",
    "ReceivedMail",
    "RunningWorld",
    "SimulatedWorld",
    "behaviour_of",
    "describe",
    "help_page",
    "running_world",
]
