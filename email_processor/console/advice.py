"""What to know beside a search, and when it finds nothing: whoever asks has somebody on the telephone."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html

from email_processor import suppression
from email_processor.console.finding import addresses_in
from email_processor.models import Suppression
from epm.console.links import change_url
from epm.models import Zone

SUPPRESSED = (
    '{} is on the <a href="{}">suppression list</a> ({}): mails to it alone are refused when they are asked for.'
)
NONE = (
    "To {address} no mail was accepted, or none that fits all you typed. What is refused when it is asked for leaves "
    "nothing here: its application was told why."
)
ANYTHING = "No mail has all of these words. A whole address is found however old its mails are."


def give(request: HttpRequest, term: str, *, is_found: bool) -> None:
    """Say so above the list."""
    addresses = addresses_in(term)
    forms = {suppression.comparable(address) for address in addresses}
    # By zone first: that is how the index begins.
    entries = suppression.standing().filter(zone__in=list(Zone.objects.all()), address__in=forms)
    for entry in entries if forms else ():
        messages.warning(request, _suppressed(entry))
    if is_found:
        return
    for address in addresses:
        messages.info(request, NONE.format(address=address))
    if not addresses:
        messages.info(request, ANYTHING)


def _suppressed(entry: Suppression) -> str:
    return format_html(SUPPRESSED, entry.address, change_url(entry), entry.reason or entry.get_source_display())
