from returns.models.label import ReturnLabel
from returns.models.policy import ReturnPolicy
from returns.models.request import (
    ReturnChange,
    ReturnedPieces,
    ReturnLine,
    ReturnReason,
    ReturnRequest,
    ReturnStatus,
)

__all__ = [
    "ReturnChange",
    "ReturnLabel",
    "ReturnLine",
    "ReturnPolicy",
    "ReturnReason",
    "ReturnRequest",
    "ReturnStatus",
    "ReturnedPieces",
]
