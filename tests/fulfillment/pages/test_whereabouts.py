"""Where everything is, in one line: every combination by table, in both languages."""

from __future__ import annotations

from datetime import date
from itertools import combinations_with_replacement

import pytest
from django.utils import translation

from fulfillment.pages.whereabouts import DAMAGED, LOST, RETURNED, Place, line
from fulfillment.statuses import Reason, ShipmentStatus
from fulfillment.windows import Window

TODAY = date(2025, 12, 1)
THU_SAT = Window(date(2025, 12, 4), date(2025, 12, 6), date(2025, 12, 5))
TOMORROW = Window(date(2025, 12, 2), date(2025, 12, 2), date(2025, 12, 2))
OVER = Window(date(2025, 11, 24), date(2025, 11, 26), date(2025, 11, 25))

S = ShipmentStatus
DONE = Place(S.DELIVERED, carrier="UPS", handed_over=True)
COMING = Place(S.IN_TRANSIT, carrier="DHL", window=THU_SAT, handed_over=True)
SOON = Place(S.IN_TRANSIT, carrier="UPS", window=TOMORROW, handed_over=True)
MOVING = Place(S.IN_TRANSIT, carrier="DHL", handed_over=True)
LABEL = Place(S.PENDING, carrier="DHL")
AWAY = Place(S.DELIVERY_FAILED, reason=Reason.CARRIER_PARCEL_LOST, carrier="DHL", handed_over=True)
BROKEN = Place(S.ON_HOLD, reason=Reason.CARRIER_DAMAGED_PARCEL, handed_over=True)
BACK = Place(S.RETURN_TO_SENDER, carrier="DHL", handed_over=True)
CANCELLED = Place(S.CANCELLED)
HOME = Place(S.IN_TRANSIT, handed_over=True, is_back=True)
AT_SHOP = Place(S.DELIVERED, handed_over=True, is_back=True)


def gone(place: Place) -> Place:
    return Place(place.status, place.reason, handed_over=True, is_replaced=True)


def again(place: Place, why: str) -> Place:
    return Place(place.status, carrier=place.carrier, window=place.window, handed_over=place.handed_over, replaces=why)


def holding(*numbers: str) -> Place:
    return Place(S.IN_TRANSIT, carrier="DHL", window=THU_SAT, handed_over=True, holds=numbers)


TABLE = [
    ([], {}, "Your order is being packed.", "Ihre Bestellung wird gepackt."),
    ([], {"waiting": 2, "promised_on": date(2025, 12, 5)}, "Your order is being packed; it arrives by Fri 5 Dec.",
     "Ihre Bestellung wird gepackt; sie kommt bis Fr 5. Dez."),
    ([], {"promised_on": date(2025, 11, 5)}, "Your order is being packed.", "Ihre Bestellung wird gepackt."),
    ([DONE], {}, "Your parcel has been delivered.", "Ihr Paket wurde zugestellt."),
    ([DONE, DONE], {}, "Both parcels have been delivered.", "Beide Pakete wurden zugestellt."),
    ([DONE] * 3, {}, "All 3 parcels have been delivered.", "Alle 3 Pakete wurden zugestellt."),
    ([LABEL], {}, "Your parcel is packed and waits for the carrier.",
     "Ihr Paket ist gepackt und wartet auf den Zusteller."),
    ([MOVING], {}, "Your parcel is on its way with DHL.", "Ihr Paket ist unterwegs mit DHL."),
    ([COMING], {}, "Your parcel arrives Thu 4 – Sat 6 Dec with DHL.", "Ihr Paket kommt Do 4. – Sa 6. Dez. mit DHL."),
    ([Place(S.IN_TRANSIT, window=OVER, handed_over=True)], {}, "Your parcel is later than expected.",
     "Ihr Paket kommt später als erwartet."),
    ([Place(S.OUT_FOR_DELIVERY, carrier="UPS", window=THU_SAT)], {}, "Your parcel is out for delivery with UPS.",
     "Ihr Paket ist in der Zustellung mit UPS."),
    ([Place(S.READY_FOR_PICKUP, carrier="UPS")], {}, "Your parcel is ready for pickup.",
     "Ihr Paket liegt zur Abholung bereit."),
    ([Place(S.DELIVERY_FAILED, window=TOMORROW)], {}, "Your parcel could not be handed over yet and comes tomorrow.",
     "Ihr Paket konnte noch nicht übergeben werden und kommt morgen."),
    ([Place(S.UNKNOWN, handed_over=True)], {}, "Your parcel is on its way.", "Ihr Paket ist unterwegs."),
    ([DONE, DONE, COMING], {"waiting": 1},
     "2 of 3 parcels delivered; the third arrives Thu 4 – Sat 6 Dec with DHL; 1 item is being packed.",
     "2 von 3 Paketen zugestellt; das dritte kommt Do 4. – Sa 6. Dez. mit DHL; 1 Artikel wird gepackt."),
    ([DONE, SOON], {}, "1 of 2 parcels delivered; the other arrives tomorrow with UPS.",
     "1 von 2 Paketen zugestellt; das andere kommt morgen mit UPS."),
    ([DONE, DONE, DONE, LABEL], {}, "3 of 4 parcels delivered; the last is packed and waits for the carrier.",
     "3 von 4 Paketen zugestellt; das letzte ist gepackt und wartet auf den Zusteller."),
    ([DONE, COMING, COMING, AWAY], {},
     "1 of 4 parcels delivered; 2 arrive Thu 4 – Sat 6 Dec with DHL; one is lost.",
     "1 von 4 Paketen zugestellt; 2 kommen Do 4. – Sa 6. Dez. mit DHL; eines ist verloren gegangen."),
    ([COMING, SOON], {}, "2 parcels: one arrives tomorrow with UPS; one arrives Thu 4 – Sat 6 Dec with DHL.",
     "2 Pakete: eines kommt morgen mit UPS; eines kommt Do 4. – Sa 6. Dez. mit DHL."),
    ([COMING, COMING], {}, "Both parcels arrive Thu 4 – Sat 6 Dec with DHL.",
     "Beide Pakete kommen Do 4. – Sa 6. Dez. mit DHL."),
    ([COMING] * 3, {"waiting": 2}, "All 3 parcels arrive Thu 4 – Sat 6 Dec with DHL; 2 items are being packed.",
     "Alle 3 Pakete kommen Do 4. – Sa 6. Dez. mit DHL; 2 Artikel werden gepackt."),
    ([DONE], {"waiting": 1}, "Your parcel has been delivered; 1 item is being packed.",
     "Ihr Paket wurde zugestellt; 1 Artikel wird gepackt."),
    ([AWAY], {}, "Your parcel is lost.", "Ihr Paket ist verloren gegangen."),
    ([BROKEN], {}, "Your parcel was damaged on the way.", "Ihr Paket wurde unterwegs beschädigt."),
    ([BACK], {}, "Your parcel is going back to us.", "Ihr Paket geht an uns zurück."),
    ([gone(AWAY), again(LABEL, LOST)], {},
     "Your parcel is packed and waits for the carrier; it replaces one that was lost.",
     "Ihr Paket ist gepackt und wartet auf den Zusteller; es ersetzt eines, das verloren ging."),
    ([gone(BROKEN), again(COMING, DAMAGED)], {},
     "Your parcel arrives Thu 4 – Sat 6 Dec with DHL; it replaces one that was damaged.",
     "Ihr Paket kommt Do 4. – Sa 6. Dez. mit DHL; es ersetzt eines, das beschädigt wurde."),
    ([DONE, gone(BACK), again(DONE, RETURNED)], {},
     "Both parcels have been delivered; one of them replaces one that came back.",
     "Beide Pakete wurden zugestellt; eines davon ersetzt ein zurückgekommenes."),
    ([CANCELLED], {}, "Nothing is on its way to you.", "Es ist nichts zu Ihnen unterwegs."),
    ([CANCELLED], {"waiting": 1}, "Your order is being packed.", "Ihre Bestellung wird gepackt."),
    ([CANCELLED, COMING], {}, "Your parcel arrives Thu 4 – Sat 6 Dec with DHL.",
     "Ihr Paket kommt Do 4. – Sa 6. Dez. mit DHL."),
    ([], {"is_cancelled": True}, "This order was cancelled.", "Diese Bestellung wurde storniert."),
    ([BACK], {"is_cancelled": True, "waiting": 1}, "This order was cancelled; your parcel is going back to us.",
     "Diese Bestellung wurde storniert; Ihr Paket geht an uns zurück."),
    ([holding("#1002")], {}, "Your parcel arrives Thu 4 – Sat 6 Dec with DHL; it also holds order #1002.",
     "Ihr Paket kommt Do 4. – Sa 6. Dez. mit DHL; es enthält auch die Bestellung #1002."),
    ([DONE, holding("#1002", "#1003")], {},
     "1 of 2 parcels delivered; the other arrives Thu 4 – Sat 6 Dec with DHL; one of them also holds orders #1002, "
     "#1003.",
     "1 von 2 Paketen zugestellt; das andere kommt Do 4. – Sa 6. Dez. mit DHL; eines davon enthält auch die "
     "Bestellungen #1002, #1003."),
    ([DONE, HOME], {}, "Your parcel has been delivered; 1 return is on its way to us.",
     "Ihr Paket wurde zugestellt; 1 Rücksendung ist zu uns unterwegs."),
    ([DONE, AT_SHOP, AT_SHOP], {}, "Your parcel has been delivered; 2 returns have reached us.",
     "Ihr Paket wurde zugestellt; 2 Rücksendungen sind bei uns angekommen."),
]  # fmt: skip


@pytest.mark.parametrize(("places", "facts", "english", "german"), TABLE)
def test_one_line_says_where_everything_is(places, facts, english, german):
    with translation.override("en"):
        assert line(places, today=TODAY, **facts) == english
    with translation.override("de"):
        assert line(places, today=TODAY, **facts) == german


def test_every_combination_is_one_sentence_that_says_something():
    kinds = [DONE, COMING, SOON, MOVING, LABEL, AWAY, BROKEN, BACK, CANCELLED, HOME, AT_SHOP, gone(AWAY),
             again(MOVING, LOST), holding("#9"), *(Place(status, handed_over=True) for status in S)]  # fmt: skip
    for places in (list(some) for count in range(4) for some in combinations_with_replacement(kinds, count)):
        for waiting, language in ((0, "en"), (1, "de")):
            with translation.override(language):
                said = line(places, today=TODAY, waiting=waiting)
            assert said.endswith(".") and said[0].upper() == said[0]
            assert not any(odd in said for odd in ("%", ";;", "  ", " ;", "..", ": ;", " ."))


def test_the_order_of_the_parcels_does_not_matter():
    places = [DONE, COMING, SOON, LABEL, AWAY]
    assert line(places, today=TODAY) == line(places[::-1], today=TODAY)
