from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from fulfillment.models.store import Store
from fulfillment.scopes import Audience
from parcelwise.models import ApiKey, Contact


class ApiAccess(models.Model):
    """For whom an API key speaks: one store, one customer, or one member of staff with what they are allowed."""

    #: The column that names who it is, by audience.
    HOLDERS = {Audience.STORE: "store", Audience.CUSTOMER: "contact", Audience.STAFF: "user"}

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, related_name="access")
    audience = models.CharField(max_length=10, choices=Audience)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="api_accesses")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("API access")
        verbose_name_plural = _("API accesses")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="pw_apiaccess_one_holder",
                condition=Q(audience="store", store__isnull=False, contact=None, user=None)
                | Q(audience="customer", store=None, contact__isnull=False, user=None)
                | Q(audience="staff", store=None, contact=None, user__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.get_audience_display()}"

    def clean(self) -> None:
        wanted = self.HOLDERS.get(Audience(self.audience)) if self.audience in Audience.values else None
        for name in self.HOLDERS.values():
            if name == wanted and getattr(self, f"{name}_id") is None:
                raise ValidationError({name: say("Say whose key it is.")})
            if name != wanted and getattr(self, f"{name}_id") is not None:
                raise ValidationError({name: say("A key speaks for one alone.")})
