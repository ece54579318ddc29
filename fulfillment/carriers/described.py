"""The gateway to any carrier that answers in JSON, as staff have described it in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from fulfillment.carriers.asking import Outcome, ask_for_all
from fulfillment.carriers.base import TRACK, Carrier
from fulfillment.carriers.calls import call, content_of
from fulfillment.carriers.json_mapping import JsonMapping, faults
from fulfillment.carriers.names import carrier_name
from fulfillment.carriers.readers.base import as_text
from fulfillment.carriers.readers.described import DescribedReader
from fulfillment.facts import TrackingFailure, TrackingUpdate
from parcelwise.errors import Misconfigured, ParcelwiseError


class Described(Carrier):
    """Asks for one number at a time."""

    can = frozenset({TRACK})

    @property
    def name(self) -> str:
        return carrier_name(self.account.carrier)

    @property
    def mapping(self) -> JsonMapping:
        """How the carrier is asked and read; Misconfigured when that was never said, or cannot be so."""
        mapping = JsonMapping.from_json(self.account.mapping)
        if found := next(faults(mapping), None):
            raise Misconfigured(f"The account of {self.name} does not say how it is read ({found[0]}): {found[1]}")
        return mapping

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        mapping = self.mapping
        reader = DescribedReader(self.name, mapping)

        def ask(group: Sequence[str]) -> Sequence[Outcome]:
            (number,) = group
            try:
                return [self._ask(mapping, reader, number)]
            except ParcelwiseError as error:
                return [error]

        return ask_for_all(numbers, 1, ask)

    def _ask(self, mapping: JsonMapping, reader: DescribedReader, number: str) -> TrackingUpdate | TrackingFailure:
        secrets = [str(value) for value in self.credentials.values() if isinstance(value, str | int)]
        try:
            url, headers = mapping.address(number, self.credentials), mapping.headers(self.credentials)
        except KeyError as missing:
            raise Misconfigured(f"The credentials of the {self.name} account have no {missing}.") from missing
        answer = call("GET", url, headers=headers, secrets=secrets, deadline=self.account.deadline)
        if answer.status == 404:
            words, said = answer.excerpt() or "404", as_text(answer.hide(answer.text))
            sentence = f"{self.name} does not know this number yet: “{words}”"
            return TrackingFailure(number, sentence, unknown_number=True, raw=said)
        if answer.status >= 400:
            sentence = f"{self.name} says “{answer.excerpt()}” ({answer.status})."
            return TrackingFailure(number, sentence, raw=as_text(answer.hide(answer.text)))
        return reader.read(number, content_of(answer))
