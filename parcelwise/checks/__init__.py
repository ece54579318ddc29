"""System checks: what is wrong with the settings around Parcelwise, and how to put it right.

Every id is listed in ``docs/checks.md``.
"""

from django.core import checks

from parcelwise.checks.cluster import check_queue
from parcelwise.checks.database import check_databases
from parcelwise.checks.deploy import check_links, check_seal
from parcelwise.checks.names import check_distributions, check_modules, check_versions
from parcelwise.checks.settings import check_settings

TAG = "parcelwise"

for check in (check_settings, check_queue, check_databases, check_modules, check_versions):
    checks.register(check, TAG)
for check in (check_links, check_seal, check_distributions):
    checks.register(check, TAG, deploy=True)
