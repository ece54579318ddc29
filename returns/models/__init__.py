from returns.models.label import ReturnLabel
from returns.models.policy import ReturnPolicy
from returns.models.request import ReturnChange, ReturnedPieces, ReturnLine, ReturnRequest

__all__ = ["ReturnChange", "ReturnLabel", "ReturnLine", "ReturnPolicy", "ReturnRequest", "ReturnedPieces"]
