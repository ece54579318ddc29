"""One delivery as one row, by one statement. The same delivery again is the same row."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Field, sql
from django.db.models.constants import OnConflict
from django.utils import timezone

from fulfillment.deliveries import Delivery
from fulfillment.models import InboxEvent, Verdict
from fulfillment.services.intake.headers import DeliveryHeaders
from fulfillment.services.intake.patience import Deadline
from fulfillment.services.intake.senders import Sender
from parcelwise.storable import storable


def keep(
    sender: Sender, verdict: Verdict, delivery: Delivery, headers: DeliveryHeaders, body: bytes, deadline: Deadline
) -> None:
    """Store a delivery, byte for byte, and due at once; one that is stored already stays as it is."""
    now = timezone.now()
    _insert(
        {
            sender.column: sender.pk,
            "delivery_key": _key(delivery.key, 200) or sha256(body).hexdigest(),
            "event_key": _key(delivery.event_key, 120),
            "topic": storable(delivery.topic)[:100],
            "sent_at": _moment(delivery.sent_at),
            "verdict": verdict.value,
            "headers": headers.kept(sender.webhooks.kept),
            "body": body,
            "not_before": now,
            "created_at": now,
        },
        deadline,
    )


def _key(text: str, longest: int) -> str:
    """A key that fits its column: what is too long is replaced by its hash, because a cut may make two the same."""
    text = storable(text)
    return text if len(text) <= longest else sha256(text.encode()).hexdigest()


def _moment(at: datetime | None) -> datetime | None:
    """Unless it is so near the end of time that no data base takes it in its own zone."""
    return at if at and datetime(1900, 1, 2, tzinfo=UTC) < at < datetime(9999, 12, 30, tzinfo=UTC) else None


def _insert(columns: dict[str, Any], deadline: Deadline) -> None:
    connection = deadline.connection
    statement, parameters, places = _prepared(deadline.using)
    values = list(parameters)
    for name, value in columns.items():
        place, field = places[name]
        # Texts and keys are what they are on every data base; moments, JSON and bytes are not.
        values[place] = value if isinstance(value, str | int) else field.get_db_prep_save(value, connection)
    if connection.vendor == "sqlite":
        with deadline.turn(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    elif connection.vendor == "postgresql" and not connection.in_atomic_block:
        _insert_within_limits(connection, statement, values, deadline)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def _insert_within_limits(connection: Any, statement: str, values: list[Any], deadline: Deadline) -> None:
    if connection.settings_dict["OPTIONS"].get("server_side_binding"):
        with transaction.atomic(deadline.using), connection.cursor() as cursor:
            cursor.execute(deadline.limits())
            cursor.execute(statement, values)
        return
    # Statements that are sent together are one transaction, so the limits end with it: one way there and back.
    with connection.cursor() as cursor:
        cursor.execute(f"{deadline.limits()}; {statement}", values)


@cache
def _prepared(using: str) -> tuple[str, tuple[Any, ...], dict[str, tuple[int, Field]]]:
    """Django's own INSERT for one row, its parameters, and the place and field of each column."""
    fields = [field for field in InboxEvent._meta.concrete_fields if not field.primary_key]
    query = sql.InsertQuery(InboxEvent, on_conflict=OnConflict.IGNORE)
    query.insert_values(fields, [InboxEvent(body=b"")], raw=False)
    ((statement, parameters),) = query.get_compiler(using=using).as_sql()
    return statement, tuple(parameters), {field.name: (place, field) for place, field in enumerate(fields)}
