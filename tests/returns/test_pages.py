"""The customer's pages about returns: who may open them, and that a return comes of it once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import Visit
from parcelwise import links
from returns.models import ReturnLabel, ReturnRequest, ReturnStatus
from returns.services import requests
from returns.services.requests import Item, open_return
from tests.factories import a_contact, a_shipment, a_store, an_order
from tests.markup import Page, assert_accessible, assert_strict

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert('x')</script>"


def deliver(order, days_ago=2):
    at = timezone.now() - timedelta(days=days_ago)
    a_shipment(
        order,
        status="delivered",
        handed_over_at=at - timedelta(days=1),
        delivered_at=at,
        delivered_on=at.astimezone(order.store.zone).date(),
    )
    return order


@pytest.fixture
def order(ana):
    return deliver(an_order(contact=a_contact(user=ana)))


@pytest.fixture
def opened(order):
    return open_return(order, [Item(order.lines.get().pk, 1, "too_small")], actor="customer")


def by_login(order, name="start", **kwargs):
    return Visit(order).url(f"parcelwise_returns:{name}", **kwargs)


def by_link(order, name="start", purpose="order", **kwargs):
    return Visit(order, links.sign(purpose, str(order.uuid))).url(f"parcelwise_returns:{name}", **kwargs)


def filled(client, url, line, **changes):
    """What a browser would send of the form at ``url`` with one piece of ``line`` chosen."""
    page = Page(client.get(url))
    data = {"form_key": page.field("form_key").attributes["value"]}
    data |= {f"pick_{line.pk}": "on", f"quantity_{line.pk}": "1", f"reason_{line.pk}": "too_small"}
    return {**data, **changes}


# Starting a return


def test_ana_chooses_gets_her_answer_at_once_and_downloads_the_label(as_ana, order):
    line = order.lines.get()
    response = as_ana.post(by_login(order), filled(as_ana, by_login(order), line, **{f"comment_{line.pk}": "Tight."}))
    opened = ReturnRequest.objects.get()
    assert response["Location"] == by_login(order, "show", number=opened.number)
    assert (opened.lines.get().quantity, opened.lines.get().comment) == (1, "Tight.")
    page = Page(as_ana.get(response["Location"]))
    assert page.h1 == "Approved. Print your label"
    assert "In time" in page.text
    label = as_ana.get(by_login(order, "label", number=opened.number, size="a4"))
    assert label.content.startswith(b"%PDF-")
    assert label["Content-Type"] == "application/pdf"
    assert label["Content-Disposition"] == f'attachment; filename="return-{opened.number}-a4.pdf"'
    assert label["X-Content-Type-Options"] == "nosniff"
    assert label["Cache-Control"] == "private, no-store"


def test_the_same_works_by_link_and_stays_behind_it(client, order):
    start = by_link(order)
    response = client.post(start, filled(client, start, order.lines.get()))
    assert response["Location"].startswith("/account/link/")
    page = Page(client.get(response["Location"]))
    assert page.h1 == "Approved. Print your label"
    (label,) = [each for each in page.all("a") if each.attributes["href"].endswith("label-4x6.pdf")]
    assert client.get(label.attributes["href"]).content.startswith(b"%PDF-")
    assert not [each for each in page.all("a", "form") if "/account/orders/" in str(each.attributes)]


def test_the_order_page_offers_the_return_and_then_lists_it(as_ana, order):
    url = reverse("account:order", args=[order.uuid])
    page = Page(as_ana.get(url))
    assert by_login(order) in [each.attributes["href"] for each in page.all("a")]
    assert "Possible until" in page.text
    opened = open_return(order, [Item(order.lines.get().pk, 2, "too_small")], actor="customer")
    page = Page(as_ana.get(url))
    hrefs = [each.attributes["href"] for each in page.all("a")]
    assert by_login(order) not in hrefs
    assert by_login(order, "show", number=opened.number) in hrefs


def test_what_cannot_be_returned_says_why_and_cannot_be_chosen(as_ana, ana):
    order = deliver(an_order(contact=a_contact(user=ana)), days_ago=60)
    response = as_ana.get(by_login(order))
    page = Page(response)
    assert page.h1 == "Nothing can be returned now"
    assert "It could be returned until" in page.text
    assert not [each for each in page.all("input") if each.attributes.get("type") == "checkbox"]
    assert_accessible(page)


def test_a_forged_choice_of_what_cannot_be_returned_is_refused(as_ana, ana):
    order = deliver(an_order(contact=a_contact(user=ana)), days_ago=60)
    response = as_ana.post(by_login(order), filled(as_ana, by_login(order), order.lines.get()))
    assert response.status_code == 422
    assert "It could be returned until" in Page(response).text
    assert not ReturnRequest.objects.exists()


def test_mistakes_keep_what_was_typed_and_are_named(as_ana, order):
    line = order.lines.get()
    changes = {f"reason_{line.pk}": "", f"quantity_{line.pk}": "2", f"comment_{line.pk}": "Seam “open”"}
    sent = filled(as_ana, by_login(order), line, **changes)
    response = as_ana.post(by_login(order), sent)
    page = Page(response)
    assert response.status_code == 422
    assert "Choose a reason, so that we can decide." in page.text
    assert "checked" in page.field(f"pick_{line.pk}").attributes
    assert page.field(f"comment_{line.pk}").text == "Seam “open”"
    (chosen,) = [each for each in page.all("option") if "selected" in each.attributes]
    assert chosen.text == "2"
    assert page.field("form_key").attributes["value"] == sent["form_key"]
    assert_accessible(page)
    assert_strict(page)


@pytest.mark.parametrize(
    ("field", "value"),
    [("pick", ""), ("quantity", "3"), ("quantity", "0"), ("quantity", "-1"), ("quantity", "1e9"), ("quantity", "x"),
     ("reason", "because"), ("comment", "x" * 501)],
)  # fmt: skip
def test_nonsense_is_refused_and_nothing_is_written(as_ana, order, field, value):
    line = order.lines.get()
    response = as_ana.post(by_login(order), filled(as_ana, by_login(order), line, **{f"{field}_{line.pk}": value}))
    assert response.status_code == 422
    assert Page(response).all("main")
    assert not ReturnRequest.objects.exists()


def test_another_orders_line_cannot_be_smuggled_in(as_ana, order, ana):
    other = deliver(an_order(contact=a_contact(user=ana))).lines.get()
    response = as_ana.post(by_login(order), filled(as_ana, by_login(order), other))
    assert response.status_code == 422
    assert not ReturnRequest.objects.exists()


def test_the_same_form_twice_is_one_return(as_ana, order):
    line = order.lines.get()
    sent = filled(as_ana, by_login(order), line, **{f"quantity_{line.pk}": "2"})
    first, second = as_ana.post(by_login(order), sent), as_ana.post(by_login(order), sent)
    assert first["Location"] == second["Location"]
    assert ReturnRequest.objects.count() == 1


def test_somebody_elses_form_key_opens_nothing(as_cleo, cleo, as_ana, order):
    sent = filled(as_ana, by_login(order), order.lines.get())
    as_ana.post(by_login(order), sent)
    hers = deliver(an_order(contact=a_contact(user=cleo)))
    line = hers.lines.get()
    mixed = filled(as_cleo, by_login(hers), line, form_key=sent["form_key"])
    response = as_cleo.post(by_login(hers), mixed)
    assert response.status_code == 422
    assert ReturnRequest.objects.get().order == order


def test_without_the_token_of_the_form_nothing_is_sent(ana, order):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    assert strict.post(by_login(order), {"form_key": "x"}).status_code == 403


# Who may see it


PAGES = [("start", {}), ("show", {"number": True}), ("label", {"number": True, "size": "a4"}),
         ("label", {"number": True, "size": "4x6"})]  # fmt: skip


def kwargs_of(wanted, opened):
    return {**wanted, "number": opened.number} if "number" in wanted else wanted


@pytest.mark.parametrize(("name", "wanted"), PAGES)
def test_cleo_sees_nothing_of_anas(as_cleo, order, opened, name, wanted):
    for url in (
        by_login(order, name, **kwargs_of(wanted, opened)),
        by_link(order, name, purpose="preferences", **kwargs_of(wanted, opened)),
        by_link(order, name, **kwargs_of(wanted, opened)).replace("/link/", "/link/x"),
    ):
        response = as_cleo.get(url)
        assert response.status_code == 404
        assert opened.number not in response.content.decode()
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("name", "wanted"), PAGES[1:])
def test_her_own_door_does_not_lead_to_anas_return(as_cleo, cleo, opened, name, wanted):
    hers = deliver(an_order(contact=a_contact(user=cleo)))
    assert as_cleo.get(by_login(hers, name, **kwargs_of(wanted, opened))).status_code == 404
    assert as_cleo.get(by_link(hers, name, **kwargs_of(wanted, opened))).status_code == 404


@pytest.mark.parametrize("name", ["cancel", "hand_over"])
def test_cleo_changes_nothing_of_anas(as_cleo, cleo, order, opened, name):
    hers = deliver(an_order(contact=a_contact(user=cleo)))
    data = {"tracking_number": "1Z999"}
    assert as_cleo.post(by_login(order, name, number=opened.number), data).status_code == 404
    assert as_cleo.post(by_login(hers, name, number=opened.number), data).status_code == 404
    opened.refresh_from_db()
    assert opened.status == ReturnStatus.APPROVED
    assert opened.shipment.tracking_number == ""


@pytest.mark.parametrize(("name", "wanted"), PAGES)
def test_without_a_login_the_way_leads_to_the_login(client, order, opened, name, wanted):
    response = client.get(by_login(order, name, **kwargs_of(wanted, opened)))
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


# Following it


def test_a_declined_return_says_its_rule_and_has_no_label(as_ana, ana):
    order = deliver(an_order(contact=a_contact(user=ana)), days_ago=60)
    declined = open_return(order, [Item(order.lines.get().pk, 1, "defective")], actor="customer")
    page = Page(as_ana.get(by_login(order, "show", number=declined.number)))
    assert page.h1 == "We cannot take this back"
    assert "It could be returned until" in page.text
    assert as_ana.get(by_login(order, "label", number=declined.number, size="a4")).status_code == 404
    assert_accessible(page)


def test_the_customer_hands_it_over_and_follows_it(as_ana, order, opened):
    show = by_login(order, "show", number=opened.number)
    assert as_ana.post(by_login(order, "hand_over", number=opened.number), {"tracking_number": " "}).status_code == 422
    response = as_ana.post(by_login(order, "hand_over", number=opened.number), {"tracking_number": "1z 99 8"})
    assert response["Location"] == show
    page = Page(as_ana.get(show))
    assert page.h1 == "Handed over. Waiting for the first scan"
    assert "1Z998" in page.text


@pytest.mark.parametrize(
    ("steps", "headline"),
    [
        ([ReturnStatus.IN_TRANSIT], "On its way back to us"),
        ([ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED], "Your return has arrived"),
        ([ReturnStatus.RECEIVED, ReturnStatus.CLOSED], "Your return is completed"),
        ([ReturnStatus.CANCELLED], "This return was cancelled"),
    ],
)
def test_every_status_has_its_page(as_ana, order, opened, steps, headline):
    now = timezone.now()
    for step in steps:
        if step == ReturnStatus.CANCELLED:
            requests.cancel(opened, at=now, actor="ben", why="a word among staff")
        elif step == ReturnStatus.RECEIVED:
            requests.receive(opened, at=now, actor="ben")
        elif step == ReturnStatus.CLOSED:
            requests.close(opened, at=now, actor="ben", why="a word among staff")
        else:
            ReturnRequest.objects.filter(pk=opened.pk).update(status=step)
            opened.refresh_from_db()
    page = Page(as_ana.get(by_login(order, "show", number=opened.number)))
    assert page.h1 == headline
    assert "a word among staff" not in page.text
    assert_accessible(page)
    assert_strict(page)


def test_ana_calls_it_off_once(as_ana, order, opened):
    url = by_login(order, "cancel", number=opened.number)
    assert as_ana.get(url).status_code == 405
    page = Page(as_ana.post(url, follow=True))
    assert page.h1 == "This return was cancelled"
    again = Page(as_ana.post(url, follow=True))
    assert "This return can no longer be cancelled." in again.text
    assert opened.changes.filter(new="cancelled").count() == 1


def test_a_label_that_cannot_be_drawn_now_is_promised_and_not_lost(as_ana, order, opened, settings):
    works = settings.PARCELWISE
    settings.PARCELWISE = {**works, "PDF": {"ENGINE": "none"}}
    response = as_ana.get(by_login(order, "label", number=opened.number, size="a4"))
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert Page(response).h1 == "Your label is not ready yet"
    assert ReturnLabel.objects.get(size="a4").pdf is None
    settings.PARCELWISE = works
    assert as_ana.get(by_login(order, "label", number=opened.number, size="a4")).content.startswith(b"%PDF-")


def test_there_is_no_label_of_another_size(as_ana, order, opened):
    assert as_ana.get(by_login(order, "label", number=opened.number, size="a0")).status_code == 404


def test_what_was_typed_is_only_text(as_ana, ana):
    order = deliver(an_order(a_store(name=SCRIPT), a_contact(user=ana, name=SCRIPT)))
    order.lines.update(title=SCRIPT)
    start = Page(as_ana.get(by_login(order)))
    line = order.lines.get()
    sent = filled(as_ana, by_login(order), line, **{f"comment_{line.pk}": SCRIPT})
    show = Page(as_ana.post(by_login(order), sent, follow=True))
    wrong = Page(as_ana.post(by_login(order), {**sent, f"reason_{line.pk}": SCRIPT, "form_key": SCRIPT}))
    for page in (start, show, wrong):
        assert not page.all("script")
        assert "<script>" in page.text
        assert_strict(page)
        assert_accessible(page)


def test_the_status_page_asks_as_often_for_ten_lines_as_for_one(as_ana, ana, django_assert_max_num_queries):
    def returned(lines):
        order = an_order(contact=a_contact(user=ana))
        for number in range(1, lines):
            order.lines.create(external_id=f"l{number}", title="Boots", quantity=1, unit_price=100)
        deliver(order)
        items = [Item(line.pk, 1, "too_small") for line in order.lines.all()]
        return by_login(order, "show", number=open_return(order, items, actor="customer").number)

    for url in (returned(1), returned(10)):
        with django_assert_max_num_queries(8):
            assert as_ana.get(url).status_code == 200
