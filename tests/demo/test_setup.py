"""The demo starts with orders that are worth looking at."""

from __future__ import annotations

import random

from django.utils import timezone

from demo.run.setup import _for_the_logins
from fulfillment.testing.carrier_twin import Happening


def test_ana_and_cleo_have_one_order_of_each_kind():
    now = timezone.now()
    for seed in range(5):
        plans = _for_the_logins(random.Random(seed))
        for email in ("ana@example.com", "cleo@example.com"):
            lives = [plan.parcels[0].steps for plan in plans if plan.person.email == email and plan.parcels]
            assert any(steps[-1].at < now for steps in lives), "one that has come"
            assert any(steps[1].at < now < steps[-1].at for steps in lives), "one under way"
            held_up = [step.at < now for steps in lives for step in steps if step.what == Happening.WEATHER]
            assert any(held_up), "one delayed"
