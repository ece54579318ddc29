from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from parcelwise.jobs import Job
from returns.models.request import ReturnRequest


class ReturnLabel(Job):
    """A return label to be made, and then the made PDF."""

    class Size(models.TextChoices):
        A4 = "a4", _("A4")
        FOUR_BY_SIX = "4x6", _("4 × 6 in")

    runner = "returns.services.labels.make"

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="labels")
    size = models.CharField(max_length=4, choices=Size, default=Size.A4)
    pdf = models.BinaryField(null=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    engine = models.CharField(max_length=20, blank=True, editable=False, help_text=_("what drew it"))
    made_at = models.DateTimeField(null=True, editable=False)

    class Meta(Job.Meta):
        constraints = [models.UniqueConstraint(fields=["request", "size"], name="pw_returnlabel_once")]

    def __str__(self) -> str:
        return f"{self.request} {self.size}"
