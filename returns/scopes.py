"""What a key of the API may do with returns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fulfillment.scopes import CUSTOMER, STAFF, STORE
from parcelwise.scopes import declare

declare("returns:read", _("Read returns"), STORE, CUSTOMER, STAFF, permission="parcelwise_returns.view_returnrequest")
