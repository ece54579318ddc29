"""System checks of the intake's place among middleware."""

from __future__ import annotations

import pytest
from django.test import override_settings

from fulfillment.hook_checks import hooks_come_first

INTAKE = "fulfillment.webhooks.IntakeMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"


@pytest.mark.parametrize(
    ("site", "found"),
    [
        ({"MIDDLEWARE": [INTAKE, SECURITY], "SECURE_SSL_REDIRECT": True}, []),
        ({"MIDDLEWARE": []}, ["W020"]),
        ({"MIDDLEWARE": [SECURITY, INTAKE]}, ["W020"]),
        ({"MIDDLEWARE": [SECURITY, INTAKE], "SECURE_SSL_REDIRECT": True}, ["W020", "W021"]),
        ({"MIDDLEWARE": [SECURITY], "SECURE_SSL_REDIRECT": True}, ["W020", "W021"]),
        ({"MIDDLEWARE": ["x.Y", INTAKE, SECURITY], "SECURE_SSL_REDIRECT": True}, ["W020"]),
        (
            {"MIDDLEWARE": [SECURITY], "SECURE_SSL_REDIRECT": True, "SECURE_REDIRECT_EXEMPT": ["^parcelwise/hooks/"]},
            ["W020"],
        ),
        ({"MIDDLEWARE": [], "ROOT_URLCONF": "parcelwise.urls"}, []),
    ],
)
def test_the_intake_stands_first_where_there_are_hooks(site, found):
    with override_settings(**site):
        assert [message.id.partition(".")[2] for message in hooks_come_first(None)] == found
