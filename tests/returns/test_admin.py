"""Staff pages of returns."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Order
from parcelwise.panels import about
from returns.models import ReturnLabel, ReturnPolicy, ReturnRequest
from returns.services import requests
from returns.services.requests import open_return
from tests.returns.test_requests import all_of, delivered_order

pytestmark = pytest.mark.django_db

LIST = "admin:parcelwise_returns_returnrequest_changelist"


@pytest.fixture
def ben(client):
    client.force_login(get_user_model().objects.create_superuser("ben", password="ben"))
    return client


def staff_who_may(client, *codenames: str):
    user = get_user_model().objects.create_user("cleo", password="cleo", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def a_return(order: Order | None = None, days_ago: int = 2) -> ReturnRequest:
    order = order or delivered_order(days_ago)
    return open_return(order, all_of(order), actor="Ana")


def url(name: str, request: ReturnRequest, *more: object) -> str:
    return reverse(f"admin:parcelwise_returns_returnrequest_{name}", args=[request.pk, *more])


def test_lists_filters_and_pages_answer(ben):
    request = a_return()
    ReturnPolicy.objects.create(store=request.order.store)
    for model in ("returnrequest", "returnlabel", "returnpolicy"):
        assert ben.get(reverse(f"admin:parcelwise_returns_{model}_changelist")).status_code == 200
    for value in ("unsent", "lost", "unpaid", "overdue"):
        assert ben.get(reverse(LIST), {"waiting": value}).status_code == 200
    page = ben.get(url("change", request)).content.decode()
    for words in (
        request.number,
        "Wool socks",
        "In time",
        "window@1:30d",
        "Too small",
        "Parcel is here",
        "not drawn yet",
    ):
        assert words in page
    label = reverse("admin:parcelwise_returns_returnlabel_change", args=[request.labels.get().pk])
    assert ben.get(label).status_code == 200


def test_one_return_is_found_by_what_staff_hear_or_paste(ben):
    request, other = a_return(), a_return()
    requests.hand_over(request, carrier="ups", tracking_number="1Z999AA10123456784", at=timezone.now())
    spoken = request.number.lower().removeprefix("r-").replace("-", " ").replace("0", "o").replace("1", "l")
    for term in (request.number, spoken, request.order.number, "1Z999AA10123456784"):
        page = ben.get(reverse(LIST), {"q": term}).content.decode()
        assert request.number in page, term
        assert other.number not in page, term
    assert ben.get(reverse(LIST), {"q": "ana@example.com"}).content.decode().count('class="field-number"') == 2


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_many(ben, django_assert_max_num_queries):
    for _ in range(5):
        a_return()
    with django_assert_max_num_queries(14):
        ben.get(reverse(LIST))


def test_staff_take_a_return_to_its_end_and_the_history_says_who(ben):
    request = a_return()
    ben.post(url("step", request), {"step": "receive", "why": "Came by courier"})
    ben.post(url("step", request), {"step": "close"})
    request.refresh_from_db()
    assert request.status == "closed"
    history = [(change.new, change.actor, change.why) for change in request.changes.all()][1:]
    assert history == [("received", "ben", "Came by courier"), ("closed", "ben", "Closed by staff after refund")]


def test_a_step_that_is_not_allowed_changes_nothing_and_says_so(ben):
    request = a_return()
    answer = ben.post(url("step", request), {"step": "close"}, follow=True)
    request.refresh_from_db()
    assert request.status == "approved"
    assert "stays as it is" in answer.content.decode()


def test_the_list_action_overrules_declined_returns_and_counts_the_others(ben):
    declined, approved = a_return(days_ago=90), a_return()
    chosen = {"action": "overrule", "why": "kind", "_selected_action": [declined.pk, approved.pk]}
    page = ben.post(reverse(LIST), chosen, follow=True).content.decode()
    declined.refresh_from_db()
    assert declined.status == "approved"
    assert "1 return moved." in page
    assert "1 cannot take this step now." in page


def test_the_label_is_a_pdf_to_save(ben):
    request = a_return()
    answer = ben.get(url("label", request, "4x6"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{request.number}-4x6.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert ben.get(url("label", request, "a0")).status_code == 404


def test_staff_see_and_do_only_what_they_may(client):
    request = a_return()
    nobody = staff_who_may(client)
    for address in (url("change", request), url("label", request, "a4"), reverse(LIST)):
        assert nobody.get(address).status_code == 403
    assert nobody.post(url("step", request), {"step": "receive"}).status_code == 403
    assert not ReturnLabel.objects.exclude(pdf=None).exists()


def test_who_may_look_may_not_act(client):
    request = a_return()
    reader = staff_who_may(client, "view_returnrequest")
    page = reader.get(url("change", request)).content.decode()
    assert request.number in page
    assert "Parcel is here" not in page
    assert reader.post(url("step", request), {"step": "receive"}).status_code == 403
    reader.post(reverse(LIST), {"action": "receive", "_selected_action": [request.pk]})
    request.refresh_from_db()
    assert request.status == "approved"


def test_the_order_page_of_staff_shows_its_returns(ben):
    request = a_return(days_ago=90)
    panel = next(panel for panel in about(request.order) if panel.title == "Returns")
    (row,) = panel.rows
    assert (row.title, row.status, row.tone) == (request.number, "Declined", "bad")
    assert "2 × Wool socks (Too small)" in row.text
    assert "It could be returned until" in row.text
    page = ben.get(reverse("admin:parcelwise_fulfillment_order_change", args=[request.order_id])).content.decode()
    assert request.number in page
    assert row.url in page
