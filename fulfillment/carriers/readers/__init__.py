"""How each carrier's answers are read, by the carrier's name."""

from fulfillment.carriers.readers.base import Reader
from fulfillment.carriers.readers.dhl import DHLReader
from fulfillment.carriers.readers.fedex import FedExReader
from fulfillment.carriers.readers.ups import UPSReader
from fulfillment.carriers.readers.usps import USPSReader

READERS: dict[str, Reader] = {
    "ups": UPSReader(),
    "fedex": FedExReader(),
    "usps": USPSReader(),
    "dhl": DHLReader(),
}

__all__ = ["READERS", "Reader"]
