"""What a skill is: something a bot can do for a customer. A face (``<app>/skills.py``) subclasses :class:`Skill`.

The class registers itself by the intents it declares; one that does not say what it understands and whom it answers
cannot be created::

    class WhereIsMyParcel(Skill):
        name = _("Where is my parcel?")
        intents = {"track": (_("Where is my parcel?"), _("Has my order been sent?"))}
        proof = Proof.RECORD

        def answer(self, question):
            parcel = queries.parcel_of(question.subject)
            return Answer(_("It arrives on Thursday."), sources=(Source(_("Tracking"), parcel.tracking_url),))

There is no dialogue here yet: who talks to the customer finds the intent and calls :func:`ask`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured

from parcelwise.models import Contact


class Proof(IntEnum):
    """How sure it is who asks. Each includes those before it."""

    NONE = 0
    """Anybody: opening hours, the text of a policy."""
    RECORD = 1
    """They hold a secret of one record: its signed link, or its number together with the address it was sent to."""
    PERSON = 2
    """They are logged in, or have confirmed their address just now."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer wants. ``subject`` is the record that was proven, named as in ``parcelwise.panels.reference``."""

    text: str
    intent: str
    proof: Proof = Proof.NONE
    contact: Contact | None = None
    subject: str = ""
    entities: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact in an answer comes from; customers can open ``url``."""

    title: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said. Facts bring their ``sources``; ``replies`` are offered as buttons and come back as text."""

    text: Any
    sources: Sequence[Source] = ()
    replies: Sequence[Any] = ()
    missing: str = ""
    """An entity that must be asked for before this can be answered; ``text`` asks for it."""
    to_person: bool = False
    """A human should take over."""


class UnknownIntent(LookupError):
    """No installed app has a skill for this."""


class ProofNeeded(PermissionError):
    """The skill would answer somebody who proves more about who they are; ``proof`` says how much."""

    def __init__(self, proof: Proof) -> None:
        super().__init__(f"needs proof: {proof.name.lower()}")
        self.proof = proof


class Skill:
    """Class attributes declare, :meth:`answer` calls the own app's services and queries."""

    #: What customers read on a button that offers it.
    name: ClassVar[Any] = ""
    #: Intent -> sentences that mean it, as customers write them. At least one each.
    intents: ClassVar[Mapping[str, Sequence[Any]]] = {}
    #: The least proof of identity it answers to. There is no default: forgetting it must not open a door.
    proof: ClassVar[Proof]

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__()
        if not abstract:
            _check(cls)
            skill = cls()
            registry.update(dict.fromkeys(cls.intents, skill))

    def answer(self, question: Question) -> Answer:
        """The answer to a question with one of the intents; ``question.proof`` was checked.

        States no fact without a source. Whatever is asked, it must not show what ``subject`` and ``contact`` do not
        own. An answer that needs something else to be known names it in ``missing``.
        """
        raise NotImplementedError


#: Skill by intent.
registry: dict[str, Skill] = {}


def ask(question: Question) -> Answer:
    """The answer of the skill that knows ``question.intent``. Raises UnknownIntent or ProofNeeded."""
    skill = registry.get(question.intent)
    if skill is None:
        raise UnknownIntent(question.intent)
    if question.proof < skill.proof:
        raise ProofNeeded(skill.proof)
    return skill.answer(question)


def _check(skill: type[Skill]) -> None:
    where = f"{skill.__module__}.{skill.__qualname__}"
    if not skill.name:
        raise ImproperlyConfigured(f"Skill {where} has no name.")
    if not skill.intents or not all(skill.intents.values()):
        raise ImproperlyConfigured(f"Skill {where} must declare its intents, each with sentences that mean it.")
    if not isinstance(getattr(skill, "proof", None), Proof):
        raise ImproperlyConfigured(f"Skill {where} must say what proof of identity it needs (chatbot.skill.Proof).")
    if skill.answer is Skill.answer:
        raise ImproperlyConfigured(f"Skill {where} does not answer.")
    for intent in skill.intents:
        known = registry.get(intent)
        if known is not None and f"{type(known).__module__}.{type(known).__qualname__}" != where:
            raise ImproperlyConfigured(f"Skill {where}: the intent “{intent}” is already {type(known).__module__}'s.")
