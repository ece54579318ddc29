"""Reports of errors without signed links: ``DEFAULT_EXCEPTION_REPORTER = "parcelwise.error_reports.Reporter"``."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from parcelwise.masking import masked


class Reporter(ExceptionReporter):
    """Django's own report, which is mailed to the site's operators, with ``(link)`` in the place of every token."""

    def get_traceback_text(self) -> SafeString:
        return SafeString(masked(super().get_traceback_text()))

    def get_traceback_html(self) -> SafeString:
        return SafeString(masked(super().get_traceback_html()))
