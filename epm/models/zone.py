from django.db import models

from epm import validation


class Zone(models.Model):
    """Where things run and who may see them. A processor uses the connections of its own zone only."""

    name = models.SlugField(
        max_length=40, unique=True, help_text="Short name, used in zoneId:applicationName and in the names of queues."
    )
    description = models.CharField(max_length=200, blank=True)
    sender_domains = models.TextField(
        validators=[validation.domain_lines],
        help_text="Domains that applications of this zone may send from, one per line. "
        "A domain does not include its subdomains; *.example.com stands for them.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        validation.check_zone(self)
