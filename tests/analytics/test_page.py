from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from analytics.kpi import HIGHER, Question, Rate, Tally, registry
from fulfillment.models import Order
from tests.analytics.conftest import PAGE, logged_in
from tests.analytics.test_return_turnaround import closed
from tests.factories import a_shipment, a_store, an_order, utc

pytestmark = pytest.mark.django_db

FRIDAY = date(2018, 4, 27)


@pytest.fixture
def order() -> Order:
    """Years ago: 12 parcels on time and one late at DHL, one on time at UPS the week before, two returns."""
    order = an_order(promised_on=FRIDAY)
    for number in range(13):
        day = FRIDAY + timedelta(days=1) if number == 0 else FRIDAY
        a_shipment(order, carrier="dhl", status="delivered", delivered_on=day)
    a_shipment(order, carrier="ups", status="delivered", delivered_on=FRIDAY - timedelta(days=7))
    closed(utc(2018, 4, 20), 3, order=order)
    closed(utc(2018, 4, 20), 5, order=order)
    return order


def text(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_numbers_come_first_with_what_they_rest_on(ben: Client, order: Order) -> None:
    page = words(text(ben))
    assert "92.9 %" in page
    assert "95% interval 68.5 – 98.7% · 14 parcels" in page
    assert "4.0 days, median" in page
    assert page.index("92.9 %") < page.index("What is counted")


def test_each_kpi_brings_its_definition_and_the_page_its_weeks_and_zone(ben: Client, order: Order) -> None:
    page = words(text(ben))
    assert "Delivered parcels whose first delivery attempt was on or before the promised day" in page
    assert "A week runs from Monday to Sunday (ISO 8601)" in page
    assert "Nordlicht Outdoor (Europe/Berlin)" in page


def test_weeks_end_with_the_newest_data(ben: Client, order: Order) -> None:
    assert "26 weeks, 30 Oct 2017 – 29 Apr 2018" in words(text(ben))
    assert "12 weeks, 5 Feb – 29 Apr 2018" in words(text(ben, "?weeks=12"))
    assert "2 weeks, 16 Apr – 29 Apr 2018" in words(text(ben, "?weeks=0"))


def test_too_few_are_greyed_and_said(ben: Client, order: Order) -> None:
    page = text(ben)
    assert "Fewer than 10: too few to read anything into it." in words(page)
    assert 'class="pw-number pw-quiet"' in page
    assert "pw-dot-small" in page


def test_filters_narrow_every_number(ben: Client, order: Order) -> None:
    assert "92.3 %" in words(text(ben, "?carrier=dhl"))
    assert "13 parcels" in words(text(ben, f"?carrier=dhl&store={order.store_id}"))
    assert "0 parcels" in words(text(ben, "?carrier=usps"))
    assert "Nothing to count yet" in words(text(ben, f"?store={a_store().pk}"))


def test_a_number_that_a_filter_does_not_touch_says_so(ben: Client, order: Order) -> None:
    class Sunshine(Rate):
        slug = "sunshine"
        name = "Sunshine"
        counted = "days"
        formula = "Sunny days out of all days."
        date_basis = "The day."
        better = HIGHER

        def newest(self, where: Any) -> date:
            return FRIDAY

        def oldest(self, where: Any) -> date:
            return FRIDAY

        def facts(self, question: Question) -> list[Tally]:
            return [Tally(FRIDAY, "", 40, 20)]

    try:
        page = words(text(ben, "?carrier=dhl"))
        assert "50.0 %" in page
        assert "This number cannot be filtered by carrier: it covers all." in page
        assert "cannot be filtered" not in words(text(ben))
    finally:
        del registry["sunshine"]


def test_a_wrong_choice_is_said_and_counts_as_none(ben: Client, order: Order) -> None:
    page = words(text(ben, "?store=abc&weeks=many&unknown=1"))
    assert "abc is not one of the available choices" in page
    assert "26 weeks" in page
    assert "14 parcels" in page


@pytest.mark.parametrize(
    "value",
    [
        "1 OR 1=1",
        "1;DROP TABLE parcelwise_fulfillment_order",
        "'",
        '"',
        "\x00",
        "%",
        "-1",
        "9" * 400,
        "1e9",
        "NaN",
        "٣",
        "ups'--",
    ],
)
def test_no_choice_reaches_the_data_base_as_anything_but_a_value(ben: Client, order: Order, value: str) -> None:
    for name in ("store", "carrier", "weeks", "o", "ordering", "order__store__credentials", "__class__"):
        assert ben.get(PAGE, {name: value}).status_code == 200, name
        assert ben.get(f"{PAGE}on-time-rate/weeks.csv", {name: value}).status_code == 200, name
    assert "14 parcels" in words(text(ben))


def test_what_is_typed_into_the_address_is_not_markup(ben: Client, order: Order) -> None:
    evil = '"><script>alert(1)</script>'
    page = ben.get(PAGE, {"carrier": evil, "store": evil, "weeks": evil}).content.decode()
    assert "<script>alert" not in page


def test_each_number_links_to_exactly_the_rows_it_counts(ben: Client, order: Order) -> None:
    a_shipment(order, carrier="dhl", status="delivered", delivered_on=FRIDAY, direction="back")
    a_shipment(order, carrier="dhl", status="in_transit", promised_on=FRIDAY)
    links = re.findall(r'<a href="(/admin/parcelwise_(?:fulfillment|returns)/[^"?]+[?][^"]+)">([^<]+)</a>', text(ben))
    assert {"shipment", "returnrequest"} <= {url.split("/")[3] for url, _shown in links}
    for url, shown in links:
        url = url.replace("&amp;", "&")
        answer = ben.get(url)
        assert answer.status_code == 200, url
        number = int(re.findall(r"\d+", shown)[-1])
        assert answer.context["cl"].result_count == number, url


def test_rows_that_somebody_may_not_see_are_not_linked(order: Order) -> None:
    cleo = logged_in("cleo", permissions=("view_kpi",))
    assert "/admin/parcelwise_fulfillment/shipment/" not in text(cleo)


def test_who_may_not_see_kpis_does_not(order: Order) -> None:
    staff = logged_in("ben-without", permissions=("view_shipment",))
    assert staff.get(PAGE).status_code == 403
    assert staff.get(f"{PAGE}on-time-rate/weeks.csv").status_code == 403
    assert PAGE not in staff.get("/admin/").content.decode()
    cleo = logged_in("cleo", staff=False, permissions=("view_kpi",))
    for client in (Client(), cleo):
        for path in (PAGE, f"{PAGE}on-time-rate/weeks.csv"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")


def test_the_page_stands_on_the_admin_index(ben: Client) -> None:
    assert f'href="{PAGE}"' in ben.get("/admin/").content.decode()


def test_a_chosen_carrier_stays_chosen_where_it_brought_nothing(ben: Client) -> None:
    assert '<option value="dhl" selected>dhl</option>' in text(ben, "?carrier=dhl")


def test_nothing_yet_says_what_will_be_here(ben: Client) -> None:
    page = words(text(ben))
    assert "Nothing to count yet" in page
    assert "On-time rate" in page
    assert "import_orders" in page


def test_a_strict_content_policy_has_nothing_to_refuse(ben: Client, order: Order) -> None:
    page = text(ben)
    body = page[page.index('<div class="pw-kpi">') :]
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert "<svg" in body


def test_charts_keep_decimal_points_where_the_language_has_commas(ben: Client, order: Order) -> None:
    page = ben.get(PAGE, headers={"accept-language": "de"}).content.decode()
    places = re.findall(r'(?:\b(?:x|y|cx|cy|width|points)=")([^"]+)"', page)
    assert places
    assert not [place for place in places if re.search(r"\d,\d+%", place)]
    assert "92,9" in words(page)


def test_the_number_of_queries_does_not_grow_with_the_data(
    ben: Client, order: Order, django_assert_num_queries: Any
) -> None:
    ben.get(PAGE)  # permissions and content types are kept
    with django_assert_num_queries(QUERIES):
        ben.get(PAGE)
    for number in range(5):
        other = an_order(a_store(), promised_on=FRIDAY)
        a_shipment(other, carrier=f"c{number}", status="delivered", delivered_on=FRIDAY - timedelta(days=30 * number))
        closed(utc(2018, 3, 1 + number), 3, order=other, carrier=f"c{number}")
    with django_assert_num_queries(QUERIES):
        ben.get(PAGE)


# Session, user and two for permissions; the stores to choose from; for each of three KPIs the newest day, the facts and
# the zones of the days it links to; what stands beside the on-time rate; twice the zones and what never came.
QUERIES = 29


def download(client: Client, path: str) -> list[list[str]]:
    answer = client.get(PAGE + path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_a_download_holds_what_the_table_holds(ben: Client, order: Order) -> None:
    head, *rows = download(ben, "on-time-rate/weeks.csv?weeks=12")
    assert head == ["week", "monday", "n", "hits", "value", "low_95", "high_95"]
    assert len(rows) == 12
    assert rows[-1][:5] == ["2018-W17", "2018-04-23", "13", "12", "0.923077"]
    assert rows[0][2:] == ["0", "0", "", "", ""]
    carriers = download(ben, "on-time-rate/carrier.csv")
    assert [row[:3] for row in carriers] == [["carrier", "n", "hits"], ["dhl", "13", "12"], ["ups", "1", "1"]]
    both = download(ben, "return-turnaround/both.csv?weeks=12")
    assert sum(int(row[3]) for row in both[1:]) == 2


def test_a_download_keeps_the_choice_of_its_page(ben: Client, order: Order) -> None:
    page = text(ben, "?weeks=12&carrier=ups")
    assert "on-time-rate/weeks.csv?weeks=12&amp;carrier=ups" in page
    rows = download(ben, "on-time-rate/weeks.csv?weeks=12&carrier=ups")[1:]
    assert sum(int(row[2]) for row in rows) == 1


@pytest.mark.parametrize("name", ["=cmd|calc", "+1", "-1", "@x", "\t=1", "＝1"])
def test_a_carrier_named_like_a_formula_is_text_in_a_download(ben: Client, order: Order, name: str) -> None:
    a_shipment(order, carrier=name, status="delivered", delivered_on=FRIDAY)
    names = [row[0] for row in download(ben, "on-time-rate/carrier.csv")]
    assert f"'{name}" in names


@pytest.mark.parametrize("path", ["on-time-rate/nothing.csv", "no-such-kpi/weeks.csv"])
def test_there_is_nothing_else_to_download(ben: Client, order: Order, path: str) -> None:
    assert ben.get(PAGE + path).status_code == 404


def test_a_model_without_a_table_does_not_break_a_dump(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("dumpdata", "parcelwise_analytics")
    assert capsys.readouterr().out.strip() == "[]"


def test_other_admin_addresses_of_the_model_do_not_exist(ben: Client) -> None:
    assert ben.get(f"{PAGE}add/").status_code == 404
    assert ben.get(f"{PAGE}1/change/").status_code == 404


def test_the_widest_table_ends_after_half_a_year_and_its_download_does_not(ben: Client, order: Order) -> None:
    page = text(ben, "?weeks=52")
    assert "The newest 26 weeks; the download has all." in words(page)
    assert "The newest 26 weeks" not in words(text(ben))
    assert len(download(ben, "on-time-rate/both.csv?weeks=52")) == 1 + 2 * 52
