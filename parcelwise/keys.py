"""Keys with which programs come in: shown once, stored as a hash, found by their beginning.

A key is ``pwk_<prefix>_<secret>``. The secret has 256 random bits, so one round of SHA-256 is right where a password
would need a slow hash: there is nothing to guess, and no dictionary to try. Digests are compared in constant time.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from parcelwise.conf import api as conf
from parcelwise.sealed import SealedField

ALPHABET = string.ascii_letters + string.digits
#: What every key begins with, so that scanners for secrets and our own masks know one.
MARK = "pwk"
#: 43 letters of 62 are 256 bits.
SECRET_LENGTH, PREFIX_LENGTH = 43, 10
SHAPE = re.compile(rf"{MARK}_([0-9A-Za-z]{{{PREFIX_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})")
#: How exact ``last_used_at`` is: one write for each key in this time, not one for each request.
NOTED_EVERY = timedelta(minutes=10)


class KeyRefused(Exception):
    """The key opens nothing. The sentence says no more than whoever holds the secret may know."""


class ApiKey(models.Model):
    """A key for programs. What it opens is in ``scopes``; for whom, the app that gave it out knows."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120, help_text=_("what it is for: the program that holds it"))
    prefix = models.CharField(max_length=16, unique=True, editable=False, help_text=_("its beginning, to find it by"))
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list, help_text=_("what it may do"))
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.CharField(max_length=150, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("empty: it does not expire"))
    last_used_at = models.DateTimeField(null=True, editable=False, help_text=_("to within ten minutes"))
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.CharField(max_length=150, blank=True, editable=False)
    replaces = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="replaced_by",
        help_text=_("the key that it took over from"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("API key")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({MARK}_{self.prefix}_…)"

    @property
    def is_live(self) -> bool:
        return self.withdrawn_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class AnsweredWrite(models.Model):
    """The answer to a write that came with a key of its own, so that the same write again gets the same answer.

    Written in the transaction of the write itself: either both happened or neither did.
    """

    caller = models.CharField(max_length=60, help_text=_("the API key or login that wrote"))
    key = models.CharField(max_length=200, help_text=_("Idempotency-Key, as it came"))
    fingerprint = models.CharField(max_length=64, help_text=_("of method, address and body"))
    status = models.PositiveSmallIntegerField(default=0)
    answer = SealedField()
    subject = models.CharField(max_length=120, blank=True, db_index=True, help_text=_("the record that was written"))
    answered_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="pw_answeredwrite_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.answered_at:%Y-%m-%d %H:%M}"


def make_key(
    name: str,
    scopes: Iterable[str],
    *,
    made_by: str = "",
    expires_at: datetime | None = None,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and its secret: this once, and never again."""
    prefix, secret = _letters(PREFIX_LENGTH), _letters(SECRET_LENGTH)
    whole = f"{MARK}_{prefix}_{secret}"
    key = ApiKey.objects.create(
        name=name[:120],
        prefix=prefix,
        digest=digest_of(whole),
        scopes=sorted(set(scopes)),
        made_by=made_by[:150],
        expires_at=expires_at,
        replaces=replaces,
    )
    return key, whole


def rotate_key(key: ApiKey, overlap: timedelta, *, made_by: str = "") -> tuple[ApiKey, str]:
    """A key that takes over from ``key``, which goes on for ``overlap`` and no longer. KeyRefused when it is over, or
    has been replaced."""
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=key.pk)
        if not old.is_live or ApiKey.objects.filter(replaces=old).exists():
            raise KeyRefused(say("Only a key that works and has no successor can be replaced."))
        expires_at = timezone.now() + (old.expires_at - old.made_at) if old.expires_at else None
        fresh, secret = make_key(old.name, old.scopes, made_by=made_by, expires_at=expires_at, replaces=old)
        end = timezone.now() + overlap
        ApiKey.objects.filter(pk=old.pk).update(expires_at=min(end, old.expires_at or end))
    return fresh, secret


def withdraw_key(key: ApiKey, *, by: str = "") -> bool:
    """From the next request on ``key`` opens nothing. False when it was withdrawn before."""
    live = ApiKey.objects.filter(pk=key.pk, withdrawn_at=None)
    return live.update(withdrawn_at=timezone.now(), withdrawn_by=by[:150]) == 1


def find_key(whole: str, keys: models.QuerySet[ApiKey] | None = None) -> ApiKey:
    """The live key whose secret is ``whole``, in one query; KeyRefused otherwise."""
    shape = SHAPE.fullmatch(whole)
    if shape is None:
        raise KeyRefused(say("This is no API key."))
    key = (ApiKey.objects.all() if keys is None else keys).filter(prefix=shape[1]).first()
    # Compared in any case, so that an unknown beginning takes no shorter.
    matches = secrets.compare_digest(key.digest if key else digest_of(""), digest_of(whole))
    if key is None or not matches:
        raise KeyRefused(say("There is no such API key."))
    if not key.is_live:
        raise KeyRefused(say("This API key was withdrawn.") if key.withdrawn_at else say("This API key has expired."))
    return key


def note_use(key: ApiKey) -> None:
    """Write down that ``key`` was used, at most once in ``NOTED_EVERY``."""
    now = timezone.now()
    if key.last_used_at and now - key.last_used_at < NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def forget_answers() -> int:
    """Delete answers that are older than they are kept. Returns how many."""
    before = timezone.now() - timedelta(hours=conf.KEEP_ANSWERS_HOURS)
    return AnsweredWrite.objects.filter(answered_at__lte=before).delete()[0]


def digest_of(whole: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(whole.encode()).hexdigest()


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
