"""What Ana hears of her parcels: from a carrier's scans to the mail in her box."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.utils import timezone

from fulfillment.access import visit_by_link
from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import Consignment, DelayEpisode, Forecast, Order, OrderLine, Shipment, ShipmentLine
from fulfillment.services.shipments import apply_update
from fulfillment.signals import delay_expected
from fulfillment.statuses import Direction, Reason, ShipmentStatus
from notifications.models import Held, Message
from parcelwise.changes import announce_pending
from parcelwise.models import Contact, Problem
from parcelwise.panels import reference
from parcelwise.testing import run_jobs
from tests.factories import a_contact, a_shipment, a_store, an_order, utc

pytestmark = pytest.mark.django_db(transaction=True)

THURSDAY = utc(2025, 12, 4, 9)
#: Long, right to left, markup, a line break, and a thousand letters: all have been seen in shops.
AWKWARD = [
    "Trekking pole “Fjell” (pair)",
    "حقيبة ظهر للمشي لمسافات طويلة",
    "<script>alert(1)</script> & Söhne",
    "Line one\r\nBcc: cleo@example.com",
    "Rindfleischetikettierungsüberwachung" * 8,
]


@pytest.fixture(autouse=True)
def _thursday(time_machine: Any, settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "NOTIFICATIONS": {}}
    time_machine.move_to(THURSDAY, tick=False)


def scanned(shipment: Shipment, status: str, at: datetime | None = None, words: str = "", **columns: Any) -> None:
    """The carrier says so."""
    scan = Scan(at or timezone.now(), status, words or status, **columns)
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)))
    run_jobs()


def forecast(shipment: Shipment, first: int, last: int, **columns: Any) -> Forecast:
    """A window from ``first`` to ``last`` December."""
    days = {"p10": utc(2025, 12, first, 12), "p50": utc(2025, 12, first, 15), "p90": utc(2025, 12, last, 12)}
    return Forecast.objects.create(shipment=shipment, moment="scan", version="test", **days, **columns)


def subjects() -> list[str]:
    return [sent.subject for sent in mail.outbox]


def html_of(sent: EmailMultiAlternatives) -> str:
    return str(sent.alternatives[0].content)


def test_a_parcel_is_told_at_hand_over_on_the_van_and_at_the_door() -> None:
    order = an_order(number="NL-7")
    shipment = a_shipment(order)
    scanned(shipment, ShipmentStatus.PICKED_UP)
    scanned(shipment, ShipmentStatus.IN_TRANSIT, THURSDAY + timedelta(minutes=1))
    scanned(shipment, ShipmentStatus.OUT_FOR_DELIVERY, THURSDAY + timedelta(minutes=2))
    scanned(shipment, ShipmentStatus.DELIVERED, THURSDAY + timedelta(minutes=3), "Left with neighbour.")
    assert [message.notice for message in Message.objects.order_by("pk")] == [
        "order_shipped",
        "out_for_delivery",
        "delivered",
    ]
    assert subjects()[1:] == ["Arriving today: your order NL-7", "Delivered: your order NL-7"]
    assert "Arriving today, Thu 4 Dec" in mail.outbox[1].body
    assert "UPS noted: “Left with neighbour”." in mail.outbox[2].body
    assert set(Message.objects.values_list("about", flat=True)) == {reference(order)}
    assert not Problem.objects.filter(kind="notice").exists()


def test_the_shipped_mail_says_the_window_that_the_hand_over_gave() -> None:
    shipment = a_shipment(an_order(number="NL-7", placed_at=THURSDAY - timedelta(days=1)))
    scanned(shipment, ShipmentStatus.PICKED_UP)
    current = shipment.forecasts.get(is_current=True)
    assert current.moment != "purchase"
    assert current.p10.strftime("%a %-d") in mail.outbox[0].subject
    assert mail.outbox[0].subject.startswith("Arriving ") and mail.outbox[0].subject.endswith(": your order NL-7")


def test_the_link_opens_this_order_and_no_other() -> None:
    order = an_order()
    scanned(a_shipment(order), ShipmentStatus.PICKED_UP)
    (url,) = [line for line in mail.outbox[0].body.splitlines() if line.startswith("http://127.0.0.1:8000/account/")]
    assert f'href="{url}"' in html_of(mail.outbox[0])
    assert visit_by_link(url.rstrip("/").rpartition("/")[2]).order == order


def test_without_a_public_address_there_is_no_link_rather_than_a_broken_one(settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {}}
    scanned(a_shipment(), ShipmentStatus.PICKED_UP)
    assert "See where it is" not in mail.outbox[0].body + html_of(mail.outbox[0])


def test_the_same_scans_again_tell_nothing_again() -> None:
    shipment = a_shipment()
    scan = Scan(THURSDAY, ShipmentStatus.PICKED_UP, "picked up")
    for _turn in range(50):
        apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)))
        shipment.changes.update(announced_at=None)
        assert announce_pending(older_than=-1) == 1
    run_jobs()
    assert len(mail.outbox) == 1


def test_a_parcel_first_seen_on_the_van_gets_one_mail_and_not_two() -> None:
    scanned(a_shipment(), ShipmentStatus.OUT_FOR_DELIVERY)
    assert len(mail.outbox) == 1 and "Arriving today" in subjects()[0]


def test_a_second_try_on_another_day_is_told_again_and_one_on_the_same_day_is_not(time_machine: Any) -> None:
    shipment = a_shipment()
    scanned(shipment, ShipmentStatus.OUT_FOR_DELIVERY)
    scanned(shipment, ShipmentStatus.DELIVERY_FAILED, THURSDAY + timedelta(hours=1))
    time_machine.move_to(THURSDAY + timedelta(hours=2), tick=False)
    scanned(shipment, ShipmentStatus.OUT_FOR_DELIVERY)
    assert len(mail.outbox) == 1
    scanned(shipment, ShipmentStatus.DELIVERY_FAILED, THURSDAY + timedelta(hours=3))
    time_machine.move_to(THURSDAY + timedelta(days=1), tick=False)
    scanned(shipment, ShipmentStatus.OUT_FOR_DELIVERY)
    assert len(mail.outbox) == 2 and "Fri 5 Dec" in mail.outbox[1].body


def test_a_hand_over_is_not_told_once_the_parcel_has_arrived() -> None:
    shipment = a_shipment()
    scan = Scan(THURSDAY, ShipmentStatus.PICKED_UP, "picked up")
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)))
    scanned(shipment, ShipmentStatus.DELIVERED, THURSDAY + timedelta(minutes=5))
    assert [sent.subject.split(":")[0] for sent in mail.outbox] == ["Delivered"]


def test_yesterdays_van_is_not_told_as_todays() -> None:
    scanned(a_shipment(), ShipmentStatus.OUT_FOR_DELIVERY, THURSDAY - timedelta(hours=12))
    assert not mail.outbox and "another day" in Held.objects.get().why


def test_out_for_delivery_is_not_sent_once_it_was_delivered() -> None:
    shipment = a_shipment()
    scan = Scan(THURSDAY, ShipmentStatus.OUT_FOR_DELIVERY, "on the van")
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)))
    scanned(shipment, ShipmentStatus.DELIVERED, THURSDAY + timedelta(minutes=5))
    assert [sent.subject.split(":")[0] for sent in mail.outbox] == ["Delivered"]
    assert "no longer out for delivery" in Held.objects.get().why


def test_history_and_old_news_are_told_to_nobody() -> None:
    scanned(a_shipment(an_order(is_history=True)), ShipmentStatus.DELIVERED)
    order = an_order(placed_at=THURSDAY - timedelta(days=9))
    scanned(a_shipment(order), ShipmentStatus.DELIVERED, THURSDAY - timedelta(days=4))
    assert not mail.outbox and not Message.objects.exists()
    assert [held.why for held in Held.objects.order_by("pk")] == [
        "The order is imported history.",
        "It was 96 hours old when it became known.",
    ]


def test_a_parcel_on_its_way_back_to_the_shop_is_not_told_as_a_delivery() -> None:
    scanned(a_shipment(direction=Direction.BACK), ShipmentStatus.DELIVERED)
    assert not Message.objects.exists() and not Held.objects.exists()


def delayed(shipment: Shipment, now: Forecast, before: Forecast | None = None) -> DelayEpisode:
    episode = DelayEpisode.objects.create(shipment=shipment, forecast=now, previous=before)
    for _turn in range(3):
        delay_expected.send_robust(Shipment, shipment=shipment, episode=episode)
    return episode


def test_a_delay_says_the_new_window_the_old_one_and_the_carriers_reason_once() -> None:
    shipment = a_shipment(an_order(number="NL-7"), status=ShipmentStatus.IN_TRANSIT, reason=Reason.WEATHER_DELAY)
    delayed(shipment, forecast(shipment, 8, 10), forecast(shipment, 5, 6, is_current=False))
    run_jobs()
    (sent,) = mail.outbox
    assert sent.subject == "Later than planned, now Mon 8 – Wed 10 Dec: your order NL-7"
    assert "We had told you Fri 5 – Sat 6 Dec." in sent.body
    assert "UPS gives as the reason: Bad weather." in sent.body


def test_a_delay_without_a_reason_does_not_invent_one() -> None:
    shipment = a_shipment(status=ShipmentStatus.IN_TRANSIT, promised_on=THURSDAY.date())
    delayed(shipment, forecast(shipment, 8, 10))
    run_jobs()
    assert "UPS has not told us why." in mail.outbox[0].body
    assert "You were promised Thu 4 Dec." in mail.outbox[0].body


def test_a_delay_that_was_over_before_the_mail_left_is_not_told() -> None:
    shipment = a_shipment(status=ShipmentStatus.IN_TRANSIT)
    episode = delayed(shipment, forecast(shipment, 8, 10))
    DelayEpisode.objects.filter(pk=episode.pk).update(closed_at=timezone.now())
    run_jobs()
    assert not mail.outbox and "over" in Held.objects.get().why


def a_split_order(**columns: Any) -> tuple[Order, list[Shipment]]:
    """Five parcels with an awkward line each, and one line of three pieces that is in none of them yet."""
    order = an_order(pieces=3, number="NL-9", **columns)
    parcels = []
    for number, title in enumerate(AWKWARD):
        line = OrderLine.objects.create(order=order, external_id=f"a{number}", title=title, quantity=1)
        parcel = a_shipment(order, carrier="dhl")
        parcel.lines.all().delete()
        ShipmentLine.objects.create(shipment=parcel, order_line=line, quantity=1)
        parcels.append(parcel)
    return order, parcels


@pytest.mark.parametrize(("number", "language"), list(enumerate(["en", "de", "en", "de", "en"])))
def test_every_mail_can_be_read_with_awkward_contents(number: int, language: str) -> None:
    name = "Ana\r\nBcc: cleo@example.com " + "a" * 150
    _order, parcels = a_split_order(contact=a_contact(name=name, language=language))
    parcel, title = parcels[number], AWKWARD[number]
    scanned(parcel, ShipmentStatus.PICKED_UP)
    delayed(parcel, forecast(parcel, 8, 10, is_current=False))
    run_jobs()
    scanned(parcel, ShipmentStatus.OUT_FOR_DELIVERY, THURSDAY + timedelta(minutes=1))
    scanned(parcel, ShipmentStatus.DELIVERED, THURSDAY + timedelta(minutes=2), "Left at “Café & <b>Söhne</b>”")
    assert len(mail.outbox) == 4
    for sent in mail.outbox:
        html = html_of(sent)
        assert "\n" not in sent.subject and len(sent.subject) <= 250
        assert sent.recipients() == ["ana@example.com"] and sent.message()["Bcc"] is None
        assert title.splitlines()[0] in sent.body and "NL-9" in sent.subject
        assert "<script>" not in html and "<b>Söhne" not in html
        assert f'lang="{language}"' in html
        assert "{{" not in html + sent.body and "{%" not in html + sent.body
        assert "\n\n\n" not in sent.body and sent.body.strip() == sent.body.rstrip("\n")
        assert len(html.encode()) < 60_000, "Gmail cuts a mail off at 102 kB"


def test_a_split_order_says_which_parcel_it_is_and_what_is_still_to_come() -> None:
    _order, parcels = a_split_order()
    scanned(parcels[1], ShipmentStatus.DELIVERED)
    body = mail.outbox[0].body
    assert subjects() == ["Delivered: parcel 2 of 5, order NL-9"]
    assert "4 more parcels of your order are still to come." in body
    assert "3 more pieces of your order are not packed yet." in body


def test_an_hour_is_said_only_where_scan_and_reader_have_a_known_zone() -> None:
    known, unknown = a_contact(time_zone="Europe/Berlin"), a_contact()
    for contact, zone in [(known, "given"), (known, "assumed"), (unknown, "given")]:
        scanned(a_shipment(an_order(contact=contact)), ShipmentStatus.DELIVERED, zone=zone)
    assert [" at 10" in sent.body for sent in mail.outbox] == [True, False, False]


def test_a_link_of_the_store_that_is_no_web_address_is_left_out() -> None:
    scanned(a_shipment(tracking_url="javascript:alert(1)"), ShipmentStatus.PICKED_UP)
    assert "javascript" not in html_of(mail.outbox[0]) + mail.outbox[0].body


def test_a_store_speaks_in_its_own_name_and_is_answered_at_its_own_address() -> None:
    store = a_store(name="Südwind", support_email="hilfe@suedwind.example")
    scanned(a_shipment(an_order(store)), ShipmentStatus.PICKED_UP)
    assert mail.outbox[0].reply_to == ["hilfe@suedwind.example"]
    assert "Südwind" in html_of(mail.outbox[0])


def test_a_window_too_wide_to_help_is_not_told() -> None:
    shipment = a_shipment(status=ShipmentStatus.IN_TRANSIT)
    wide = forecast(shipment, 8, 10)
    Forecast.objects.filter(pk=wide.pk).update(p90=utc(2026, 2, 18))
    wide.refresh_from_db()
    delayed(shipment, wide)
    run_jobs()
    (sent,) = mail.outbox
    assert sent.subject.startswith("Later than planned: your order")
    assert "Nobody knows the new day yet." in sent.body and "Feb" not in sent.body + html_of(sent)


def test_an_import_of_a_thousand_orders_of_today_sends_nothing(tmp_path: Path) -> None:
    hours = [(THURSDAY - timedelta(hours=back)).strftime("%Y-%m-%d %H:%M:%S") for back in (40, 30, 8)]
    tables = {
        "orders": ["order_id,customer_id,order_status,order_purchase_timestamp,order_delivered_carrier_date,"
                   "order_delivered_customer_date,order_estimated_delivery_date"],
        "customers": ["customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"],
        "order_items": ["order_id,order_item_id,product_id,seller_id,price,freight_value"],
    }  # fmt: skip
    for number in range(1000):
        tables["orders"].append(f"o{number},c{number},delivered,{','.join(hours)},2025-12-01 00:00:00")
        tables["customers"].append(f"c{number},u{number},14409,franca,SP")
        tables["order_items"].append(f"o{number},1,p1,s1,58.90,13.29")
    for name, lines in tables.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    mapping = Path(__file__).parents[2] / "docs/mappings/olist.toml"
    files = [str(tmp_path / f"{name}.csv") for name in tables]
    call_command(
        "import_orders", *files, mapping=mapping, rejects=tmp_path / "rejects.csv", verbosity=0, stdout=StringIO()
    )
    Contact.objects.update(email="ana@example.com")
    announce_pending(older_than=-1)
    run_jobs()
    assert Order.objects.filter(is_history=True).count() == 1000
    assert Shipment.objects.filter(status=ShipmentStatus.DELIVERED).count() == 1000
    assert not mail.outbox and not Message.objects.exists()


def boxed(*orders: Order) -> list[Shipment]:
    """A parcel of each order, all of them one box."""
    box = Consignment.objects.create(store=orders[0].store)
    return [a_shipment(order, status=ShipmentStatus.IN_TRANSIT, consignment=box) for order in orders]


def test_a_box_with_two_orders_of_one_customer_is_late_in_one_mail_that_names_both() -> None:
    ana, store = a_contact(), a_store()
    mine = [an_order(store, ana, number=number) for number in ("NL-1", "NL-2")]
    one, other, cleos = boxed(*mine, an_order(store, a_contact(email="cleo@example.com"), number="NL-3"))
    delayed(other, forecast(other, 8, 10))
    delayed(one, forecast(one, 8, 10))
    delayed(cleos, forecast(cleos, 8, 10))
    run_jobs()
    assert sorted(sent.to[0] for sent in mail.outbox) == ["ana@example.com", "cleo@example.com"]
    (to_ana,) = [sent for sent in mail.outbox if sent.to == ["ana@example.com"]]
    (to_cleo,) = [sent for sent in mail.outbox if sent.to != ["ana@example.com"]]
    for text in (to_ana.body, html_of(to_ana)):
        assert "NL-2" in text and "It also holds your order NL-1." in text and "NL-3" not in text
    assert "also holds" not in to_cleo.body + html_of(to_cleo)


def test_a_box_that_is_late_anew_is_told_anew_and_not_while_one_order_was_late_all_the_time() -> None:
    ana, store = a_contact(), a_store()
    one, other = boxed(*(an_order(store, ana, number=number) for number in ("NL-1", "NL-2")))

    def late(shipment: Shipment, first: int, last: int | None) -> None:
        over = None if last is None else THURSDAY + timedelta(hours=last)
        columns = {"opened_at": THURSDAY + timedelta(hours=first), "closed_at": over}
        episode = DelayEpisode.objects.create(
            shipment=shipment, forecast=forecast(shipment, 8, 10, is_current=False), **columns
        )
        delay_expected.send_robust(Shipment, shipment=shipment, episode=episode)

    late(one, -48, -40)
    late(other, -44, -20)
    late(one, -22, -19)  # the other one was late still
    late(one, -10, None)
    assert Message.objects.filter(notice="delay_expected").count() == 2
