"""Return labels: drawn by a worker after the approval, or at once for whoever asks for one first."""

from __future__ import annotations

import hashlib
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from parcelwise import background, pdf
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState, one_by_one, sentence
from parcelwise.models import Problem
from parcelwise.panels import reference
from returns.errors import ReturnRefused
from returns.labels.sheet import PAGES, content_of
from returns.models import ReturnLabel, ReturnRequest, ReturnStatus
from returns.services import telling_stores

logger = logging.getLogger("parcelwise.returns")

#: The states of a return whose parcel may still need a label.
LABELLED = frozenset({ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED, ReturnStatus.CLOSED})


@one_by_one
def make(label: ReturnLabel) -> None:
    """Draw one label that is due. Another one that drew it meanwhile has won; nothing is drawn twice."""
    label.refresh_from_db(fields=["pdf"])
    if label.pdf is not None:
        return
    if label.request.status not in LABELLED:
        raise GiveUp(f"Return {label.request} is {label.request.status}, so it gets no label.")
    _draw(label)


def label_for(request: ReturnRequest, size: str = ReturnLabel.Size.A4) -> ReturnLabel:
    """The label of ``request``, drawn now if nobody has drawn it yet.

    When it cannot be drawn the row comes back without ``pdf`` and keeps waiting for a worker ("label pending").
    ReturnRefused when the return gets no label or there is no such size.
    """
    if size not in ReturnLabel.Size.values:
        raise ReturnRefused(_("There is no label of this size."))
    if request.status not in LABELLED:
        raise ReturnRefused(_("There is no label for this return."))
    label, _created = ReturnLabel.objects.get_or_create(request=request, size=size)
    if label.pdf is None:
        try:
            _draw(label)
        except Exception as error:
            # The customer gets a page that says so, staff see the row, a worker tries again.
            logger.exception("the label of return %s could not be drawn", request)
            ReturnLabel.objects.filter(pk=label.pk).update(last_error=sentence(error))
    return label


def _draw(label: ReturnLabel) -> None:
    drawn = draw(label.request, label.size)
    _note_missing(label, drawn.missing)
    columns = {
        "pdf": drawn.content,
        "sha256": hashlib.sha256(drawn.content).hexdigest(),
        "engine": drawn.engine,
        "made_at": timezone.now(),
    }
    undrawn = ReturnLabel.objects.filter(pk=label.pk, pdf=None)
    done = {"state": JobState.DONE, "finished_at": columns["made_at"], "last_error": ""}
    with transaction.atomic():
        # A worker that holds the row settles it itself.
        if undrawn.exclude(state=JobState.RUNNING).update(**columns, **done) != 1:
            undrawn.update(**columns)
        label.refresh_from_db()
        telling_stores.tell_label(label)


def _note_missing(label: ReturnLabel, missing: str) -> None:
    """A label with boxes for letters looks drawn and may not arrive: staff hear of it, and when it is put right."""
    if not missing:
        Problem.objects.solve("label", reference(label))
        return
    Problem.objects.note(
        "label",
        reference(label),
        f"The label of return {label.request} shows boxes instead of “{missing[:60]}”: no font of this machine has "
        "these characters. Install one (fonts-noto-core, fonts-noto-cjk) and draw the label again.",
        subject=reference(label.request.order),
        raw=missing,
    )


def draw_again(label: ReturnLabel) -> bool:
    """Forget the drawn label and have a worker draw it anew (an address or a font was put right)."""
    if label.request.status not in LABELLED:
        return False
    forgotten = {"pdf": None, "sha256": "", "engine": "", "made_at": None}
    with transaction.atomic():
        ReturnLabel.objects.filter(pk=label.pk).exclude(state=JobState.RUNNING).update(
            **forgotten, state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None, last_error=""
        )
        background.wake()
    return True


def draw(request: ReturnRequest, size: str) -> pdf.Pdf:
    """The label as PDF, in the customer's language. Touches no row."""
    with translation.override(request.order.contact.language or settings.LANGUAGE_CODE):
        content = content_of(request, size)
    return pdf.render(
        f"parcelwise/returns/labels/{size}.html",
        content,
        typst_template="parcelwise/returns/labels/label.typ",
        page=PAGES[ReturnLabel.Size(size)],
    )
