"""What a bot can do for somebody with a kite."""

from __future__ import annotations

from chatbot.skill import Answer, Proof, Question, Skill, Source
from tests.testapp.models import Kite


class WhereIsMyKite(Skill):
    name = "Where is my kite?"
    intents = {"find_kite": ("Where is my kite?", "Is my kite up yet?")}
    proof = Proof.RECORD

    def answer(self, question: Question) -> Answer:
        kite = Kite.objects.get(pk=question.subject.rpartition(":")[2])
        return Answer(f"Your kite is {kite.status}.", sources=(Source("Log of kites"),))
