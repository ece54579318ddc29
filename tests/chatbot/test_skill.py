from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatbot.skill import Answer, Proof, ProofNeeded, Question, Skill, UnknownIntent, ask, registry
from parcelwise.panels import reference
from tests.testapp.models import Kite

DECLARATION: dict[str, Any] = {
    "name": "Wind",
    "intents": {"wind": ("Is there wind?",)},
    "proof": Proof.NONE,
    "answer": lambda self, question: Answer("Some."),
}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def declare(*without: str, **other: Any) -> type[Skill]:
    members = {name: value for name, value in DECLARATION.items() if name not in without}
    return type("Wind", (Skill,), {**members, **other})


def test_a_skill_of_the_host_project_is_discovered() -> None:
    skill = registry["find_kite"]
    assert type(skill).__module__ == "tests.testapp.skills"
    assert skill.intents["find_kite"]


@pytest.mark.django_db
def test_a_skill_answers_with_its_source_who_proves_enough() -> None:
    kite = Kite.objects.create()
    question = Question("Where is my kite?", "find_kite", Proof.RECORD, subject=reference(kite))
    answer = ask(question)
    assert answer.text == f"Your kite is {kite.status}."
    assert [source.title for source in answer.sources] == ["Log of kites"]


def test_a_skill_never_hears_a_question_without_proof() -> None:
    with pytest.raises(ProofNeeded) as refused:
        ask(Question("Where is my kite?", "find_kite", subject="testapp.kite:1"))
    assert refused.value.proof is Proof.RECORD


def test_more_proof_than_needed_is_fine() -> None:
    declare()
    assert ask(Question("Is there wind?", "wind", Proof.PERSON)).text == "Some."


def test_nobody_answers_an_unknown_intent() -> None:
    with pytest.raises(UnknownIntent):
        ask(Question("Sing!", "sing"))


@pytest.mark.parametrize(
    ("forgotten", "said"), [("name", "name"), ("intents", "intents"), ("proof", "proof"), ("answer", "not answer")]
)
def test_a_skill_that_does_not_say_what_it_is_cannot_exist(forgotten: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        declare(forgotten)
    assert "wind" not in registry


def test_an_intent_needs_sentences_that_mean_it() -> None:
    with pytest.raises(ImproperlyConfigured, match="sentences"):
        declare(intents={"wind": ()})


def test_two_skills_do_not_share_an_intent() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"tests\.testapp\.skills"):
        declare(intents={"find_kite": ("Kite?",)})
