"""Staff pages: what those of every app share, and those of the ground floor itself."""

from parcelwise.admin.bases import ChangeInline, ReadOnlyAdmin, ReadOnlyInline
from parcelwise.admin.decisions import ContactAdmin, DecisionAdmin
from parcelwise.admin.health import HeartbeatAdmin, ProblemAdmin
from parcelwise.admin.jobs import JobAdmin
from parcelwise.admin.learning import ModelVersionAdmin
from parcelwise.admin.privacy import PersonActions, PrivacyRequestAdmin
from parcelwise.admin.show import badge, breakable, day, moment, preformatted, record_link, short
from parcelwise.admin.webhook_log import WebhookDeliveryAdmin, WebhookEventAdmin
from parcelwise.admin.webhooks import WebhookEndpointAdmin

__all__ = [
    "ChangeInline",
    "ContactAdmin",
    "DecisionAdmin",
    "HeartbeatAdmin",
    "JobAdmin",
    "ModelVersionAdmin",
    "PersonActions",
    "PrivacyRequestAdmin",
    "ProblemAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "WebhookEventAdmin",
    "badge",
    "breakable",
    "day",
    "moment",
    "preformatted",
    "record_link",
    "short",
]
