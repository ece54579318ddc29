"""Labels as they come out of the printer."""

from __future__ import annotations

import hashlib
import re
import time

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from fulfillment.models import Order, OrderLine
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from returns.models import ReturnLabel, ReturnRequest
from returns.services import labels, requests
from returns.services.requests import ReturnRefused, open_return
from tests.pdf_engines import ENGINES
from tests.returns.test_requests import all_of, delivered_order

pytestmark = pytest.mark.django_db

SYMBOLOGIES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
SIZES = {"4x6": (288, 432), "a4": (595.28, 841.89)}
NAMES = {
    "markup": "</p><img src=http://127.0.0.1/> #panic() {{ 7 }}",
    "attachment": "<a rel=attachment href=file:///etc/passwd>",
    "long": "Wolfeschlegelsteinhausenbergerdorff " * 280,
    "one word": "x" * 10_000,
    "wide": "W" * 10_000,
    "right to left": "محمد عبد الله בן גוריון",
    "turned": "Ana \u202eazuoS",
    "emoji": "😀😀 Zoë 👩‍👩‍👧",
    "combining": "e" + "\u0301" * 10_000,
    "control": "A\x00n\x07a\r\n\tSouza\ud800",
}


def with_engine(name: str) -> override_settings:
    return override_settings(PARCELWISE={**settings.PARCELWISE, "PDF": {"ENGINE": name}})


def with_more_lines(order: Order, count: int) -> Order:
    lines = OrderLine.objects.bulk_create(
        OrderLine(order=order, external_id=f"m{i}", position=i, title=f"Item {i}", sku=f"SKU-{i}", quantity=1)
        for i in range(count)
    )
    parcel = order.shipments.get()
    parcel.lines.model.objects.bulk_create(
        parcel.lines.model(shipment=parcel, order_line=line, quantity=1) for line in lines
    )
    return order


def approved(order: Order) -> ReturnRequest:
    request = open_return(order, all_of(order), actor="Ana")
    assert request.status == "approved"
    return request


def from_ana(name: str, **address: object) -> ReturnRequest:
    order = delivered_order()
    order.ship_to = {**order.ship_to, "name": name, **address}
    order.save()
    return approved(order)


class Paper:
    """A drawn page as a person and a scanner see it."""

    def __init__(self, content: bytes) -> None:
        with pypdfium2.PdfDocument(content) as document:
            self.pages = len(document)
            self.size = document[0].get_size()
            page = document[0].get_textpage()
            self.words = re.sub(r"\s+", " ", page.get_text_bounded())
            self.boxes = [page.get_rect(i) for i in range(page.count_rects())]
            self.codes = [self._codes(document, dpi) for dpi in (203, 300)]

    @staticmethod
    def _codes(document: pypdfium2.PdfDocument, dpi: int) -> dict[str, list[str]]:
        """Texts by symbology. The reader also looks at shrunken copies, where it now and then sees a ghost beside."""
        image = document[0].render(scale=dpi / 72).to_pil()
        found: dict[str, list[str]] = {"Code 128": [], "QR Code": []}
        for code in zxingcpp.read_barcodes(image, formats=SYMBOLOGIES):
            found[str(code.format)].append(code.text)
        return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES)
def test_a_label_has_its_size_and_both_codes_scan_at_203_and_300_dpi(engine, size):
    request = from_ana("Ana Souza")
    with with_engine(engine):
        drawn = labels.draw(request, size)
    paper = Paper(drawn.content)
    assert drawn.engine == engine
    assert paper.pages == 1
    assert paper.size == pytest.approx(SIZES[size], abs=0.01)
    for codes in paper.codes:
        assert request.number in codes["Code 128"]
        (link,) = codes["QR Code"]
        assert link.startswith("http://127.0.0.1:8000/account/")
        assert link.endswith(f"/returns/{request.number}/")
    for word in ("RETURN", "Ana Souza", "Lindwurmstraße 12", "80337 München", "Nordlicht Outdoor", "Speicherstadt 4",
                 "20457 Hamburg", request.number, request.order.number, "UPS", "No postage is paid"):  # fmt: skip
        assert word in paper.words


def test_only_the_slip_inside_the_parcel_opens_the_return_without_a_login():
    request = from_ana("Ana Souza")
    outside, inside = (Paper(labels.draw(request, size).content).codes[0]["QR Code"][0] for size in ("4x6", "a4"))
    assert "/link/" in inside
    assert "/link/" not in outside
    assert f"/orders/{request.order.uuid}/" in outside


def test_without_a_web_page_the_qr_code_is_the_return_number():
    request = from_ana("Ana Souza")
    with override_settings(PARCELWISE={**settings.PARCELWISE, "LINKS": {"BASE_URL": ""}}):
        assert Paper(labels.draw(request, "4x6").content).codes[0]["QR Code"] == [request.number]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_whatever_a_person_is_called_stays_words_in_its_box_and_the_codes_scan(engine, size, name):
    request = from_ana("Ana")
    request.shipment.origin = {**request.shipment.origin, "name": name, "lines": [name, name]}
    with with_engine(engine):
        paper = Paper(labels.draw(request, size).content)
    assert paper.pages == 1
    assert request.number in paper.codes[0]["Code 128"]
    assert paper.codes[0]["QR Code"][0].endswith(f"/returns/{request.number}/")
    assert "80337 München" in paper.words
    assert "20457 Hamburg" in paper.words
    left, right = 0, SIZES[size][0]
    assert all(left <= box[0] and box[2] <= right for box in paper.boxes)
    if name.isascii() and len(name) < 60:
        assert name in paper.words


@pytest.mark.parametrize("engine", ENGINES)
def test_a_return_of_a_thousand_lines_is_one_page_in_two_seconds_and_says_how_many_are_missing(engine):
    request = approved(with_more_lines(delivered_order(), 999))
    with with_engine(engine):
        labels.draw(request, "a4")  # the first one pays for the import
        start = time.process_time()
        drawn = labels.draw(request, "a4")
        assert time.process_time() - start <= 2
    paper = Paper(drawn.content)
    assert paper.pages == 1
    assert "and 986 more items" in paper.words
    assert request.number in paper.codes[0]["Code 128"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_customer_who_reads_right_to_left_gets_a_label_that_scans_and_the_same_address(engine):
    request = from_ana("محمد")
    request.order.contact.language = "ar"
    with with_engine(engine):
        paper = Paper(labels.draw(request, "a4").content)
    assert "20457 Hamburg" in paper.words
    assert "ORDER" in paper.words.upper()  # not the word for a sequence, which Django's own catalogue has
    assert request.number in paper.codes[0]["Code 128"]


def test_the_country_stands_on_a_parcel_that_leaves_it():
    abroad = from_ana("Ana", city="Porto", postcode="4000-002", country="PT")
    words = Paper(labels.draw(abroad, "4x6").content).words
    assert "PORTUGAL" in words
    assert "GERMANY" in words


def test_the_worker_draws_the_label_that_the_approval_ordered():
    request = from_ana("Ana")
    run_jobs()
    label = request.labels.get()
    assert (label.state, label.size) == (JobState.DONE, "a4")
    assert label.sha256 == hashlib.sha256(label.pdf).hexdigest()
    assert label.made_at


def test_a_label_is_drawn_once_for_worker_and_customer():
    request = from_ana("Ana")
    first = labels.label_for(request, "a4")
    assert first.state == JobState.DONE
    assert run_jobs() == 0
    again = labels.label_for(request, "a4")
    assert (again.pk, again.sha256) == (first.pk, first.sha256)
    assert labels.label_for(request, "4x6").pk != first.pk


def test_a_label_that_cannot_be_drawn_is_pending_then_retried_then_shown_to_staff():
    request = from_ana("Ana")
    with with_engine("quill"):
        label = labels.label_for(request, "a4")
        assert label.pdf is None
        assert run_jobs() == 1
        label.refresh_from_db()
        # A wrong setting does not mend itself: it goes to the dead letters at once.
        assert label.state == JobState.DEAD
        assert "it can be auto, weasyprint or typst" in label.last_error
    ReturnLabel.objects.filter(pk=label.pk).revive()
    run_jobs()
    label.refresh_from_db()
    assert label.state == JobState.DONE
    assert bytes(label.pdf).startswith(b"%PDF-")


def test_returns_that_do_not_happen_get_no_label():
    declined = open_return(order := delivered_order(days_ago=90), all_of(order), actor="Ana")
    cancelled = from_ana("Ana")
    requests.cancel(cancelled, at=timezone.now(), actor="Ana")
    for request in (declined, cancelled):
        with pytest.raises(ReturnRefused):
            labels.label_for(request, "a4")
    with pytest.raises(ReturnRefused):
        labels.label_for(from_ana("Ana"), "../../etc/passwd")
    assert run_jobs() == 1  # the label of the last one


def test_letters_that_no_font_has_are_a_problem_for_staff_until_the_label_is_drawn_again():
    request = from_ana("Ana")
    parcel = request.shipment
    type(parcel).objects.filter(pk=parcel.pk).update(origin={**parcel.origin, "name": "\U00018b00"})
    label = labels.label_for(ReturnRequest.objects.get(pk=request.pk), "a4")
    problem = Problem.objects.get(kind="label", solved_at=None)
    assert "\U00018b00" in problem.sentence
    type(parcel).objects.filter(pk=parcel.pk).update(origin={**parcel.origin, "name": "Ana"})
    assert labels.draw_again(label)
    run_jobs()
    label.refresh_from_db()
    assert label.pdf
    assert not Problem.objects.filter(kind="label", solved_at=None).exists()
