"""``Q_CLUSTER``: settings of django-q2 under which tasks are lost, doubled or never end.

None of them loses a job, because job rows say what is due; they cost time and load. What is behind each is written in
``parcelwise/cluster.py``, whose ``q_cluster()`` makes settings without these faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from parcelwise.conf import jobs as conf

#: Keys of Q_CLUSTER that name a broker.
BROKERS = ("orm", "redis", "django_redis", "sqs", "iron_mq", "mongo", "broker_class")
HELP = "Or use Q_CLUSTER = parcelwise.cluster.q_cluster()."


def check_queue(**_: Any) -> list[CheckMessage]:
    if conf.RUNNER != "django_q":
        return []
    if not apps.is_installed("django_q"):
        return [
            Error(
                "Nothing runs background work: django_q is not in INSTALLED_APPS.",
                hint='Add "django_q", or set PARCELWISE["JOBS"]["RUNNER"] = "manual" and run what is due with '
                "“manage.py parcelwise_worker --once” from your own scheduler.",
                id="parcelwise.E010",
            )
        ]
    cluster = getattr(settings, "Q_CLUSTER", None)
    if not isinstance(cluster, Mapping) or not any(cluster.get(key) for key in BROKERS):
        return [
            Error(
                "Q_CLUSTER names no broker, so django-q2 silently looks for Redis on this machine.",
                hint=f'Set Q_CLUSTER = {{"orm": "default", …}}. {HELP}',
                id="parcelwise.E011",
            )
        ]
    return [*_broker(cluster), *_repetition(cluster), *_connections(cluster)]


def _broker(cluster: Mapping[str, Any]) -> Iterator[CheckMessage]:
    alias = cluster.get("orm")
    if alias and alias not in settings.DATABASES:
        yield Error(
            f'Q_CLUSTER["orm"] is "{alias}", which is not in DATABASES.',
            hint='Most projects write "orm": "default".',
            id="parcelwise.E011",
        )
    if alias and cluster.get("save_limit", 250) >= 0:
        yield Warning(
            "Q_CLUSTER keeps results of finished tasks, and locks all of them for each task that ends.",
            hint=f'Set "save_limit": -1; the jobs keep their own history. {HELP}',
            id="parcelwise.W015",
        )


def _repetition(cluster: Mapping[str, Any]) -> Iterator[CheckMessage]:
    timeout, retry = cluster.get("timeout"), cluster.get("retry", 60)
    if not timeout or retry < 2 * timeout:
        yield Warning(
            f'Q_CLUSTER["retry"] ({retry}) is not far above Q_CLUSTER["timeout"] ({timeout}): tasks run twice.',
            hint='The wait in the cluster’s own queue counts against "retry". '
            f'Set "timeout" to some minutes and "retry" to an hour. {HELP}',
            id="parcelwise.W012",
        )
    if not cluster.get("ack_failures", False):
        yield Warning(
            'Q_CLUSTER["ack_failures"] is off: a task that fails comes back for ever.',
            hint=f'Set "ack_failures": True; trying again is the business of the job rows. {HELP}',
            id="parcelwise.W013",
        )
    if cluster.get("max_attempts", 0) != 1:
        yield Warning(
            'Q_CLUSTER["max_attempts"] is not 1: the queue repeats what the job rows repeat anyway.',
            hint=f'Set "max_attempts": 1. {HELP}',
            id="parcelwise.W014",
        )


def _connections(cluster: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        if (database.get("OPTIONS") or {}).get("pool"):
            yield Error(
                f'DATABASES["{alias}"] uses a connection pool, which does not survive the forks of django-q2: '
                "its workers stop after a few tasks.",
                hint='Remove OPTIONS["pool"] and set "CONN_MAX_AGE": 600.',
                id="parcelwise.E016",
            )
    database = settings.DATABASES.get(cluster.get("orm") or "", {})
    if "postgresql" in database.get("ENGINE", "") and database.get("CONN_MAX_AGE", 0) == 0:
        yield Warning(
            "Each task that is queued opens a new connection to PostgreSQL.",
            hint=f'Set DATABASES["{cluster["orm"]}"]["CONN_MAX_AGE"] = 600 and "CONN_HEALTH_CHECKS": True.',
            id="parcelwise.W017",
        )
