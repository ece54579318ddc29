"""What is to be said of the rows of one order, held back until it is known whether the order is accepted."""

from __future__ import annotations

from fulfillment.imports.ledger import Ledger
from fulfillment.imports.shelf import Row, fullest
from fulfillment.imports.values import Refusal


class Notes:
    """Rows that were repaired, rejected or only repeat another, with reason and sentence."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.repairs: dict[tuple[int, int, str, str], Row] = {}
        self.rejects: list[tuple[Row, Refusal]] = []
        self.repeats: list[Row] = []

    def repair(self, row: Row, reason: str, sentence: str) -> None:
        """The row is used without a part that makes no sense; said once, however many parcels share the row."""
        self.repairs[row.file, row.line, reason, sentence] = row

    def reject(self, row: Row, why: Refusal) -> None:
        """The row is not used."""
        self.rejects.append((row, why))

    def only_one(self, rows: list[Row], what: str) -> Row:
        """The row to use of several with the key ``what``; the others repeat or contradict it."""
        if len(rows) == 1:
            return rows[0]
        keep, same, other = fullest(rows)
        self.repeats += same
        for row in other:
            self.reject(row, contradiction(self.ledger, keep, what))
        return keep

    def book(self) -> None:
        """The order is accepted: into the books with all of it."""
        for row in self.repeats:
            self.ledger.files[row.file].repeated += 1
        for row, why in self.rejects:
            self.ledger.reject(row.file, row.line, why.reason, why.sentence, row.raw)
        for (file, line, reason, sentence), row in self.repairs.items():
            self.ledger.repair(file, line, reason, sentence, row.raw)


def contradiction(ledger: Ledger, keep: Row, what: str) -> Refusal:
    """Why a row is not used whose key ``keep`` has too."""
    place = f"line {keep.line} of {ledger.files[keep.file].name}"
    sentence = f"{what} is also in {place}, with other values; the row with more cells filled is used"
    return Refusal("contradicts another row", sentence)
