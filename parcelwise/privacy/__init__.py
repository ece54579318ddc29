"""Export and erasure of people, and the memory that they were erased.

An app declares in ``<app>/privacy.py`` what it holds of people, as a :class:`Holding`. See ``docs/privacy.md``.
"""

from parcelwise.privacy.erasure import Erased, erase, erase_again, export, people_of, preview
from parcelwise.privacy.holding import Holding, holdings
from parcelwise.privacy.people import People, Traces
from parcelwise.privacy.tombstones import Stone, bury, erased_among, is_erased

__all__ = [
    "Erased",
    "Holding",
    "People",
    "Stone",
    "Traces",
    "bury",
    "erase",
    "erase_again",
    "erased_among",
    "export",
    "holdings",
    "is_erased",
    "people_of",
    "preview",
]
