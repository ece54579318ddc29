"""Staff pages: what those of every app share, and those of the ground floor itself."""

from parcelwise.admin.bases import ChangeInline, ReadOnlyAdmin, ReadOnlyInline
from parcelwise.admin.decisions import ContactAdmin, DecisionAdmin
from parcelwise.admin.health import HeartbeatAdmin, ProblemAdmin
from parcelwise.admin.jobs import JobAdmin
from parcelwise.admin.learning import ModelVersionAdmin
from parcelwise.admin.show import badge, preformatted, record_link

__all__ = [
    "ChangeInline",
    "ContactAdmin",
    "DecisionAdmin",
    "HeartbeatAdmin",
    "JobAdmin",
    "ModelVersionAdmin",
    "ProblemAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "badge",
    "preformatted",
    "record_link",
]
