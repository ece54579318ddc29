"""Which carriers a tracking number may belong to, by its form and check digit. Pure: no models, no network.

The formats are facts from the carriers' own documents and from ``jkeen/tracking_number_data`` (MIT), written down anew.
"""

from fulfillment.carriers.recognise.candidates import CHECKED, FORMATS, PROOF, SHAPE, Candidate, recognise, sole
from fulfillment.carriers.recognise.courier_codes import courier_codes

__all__ = ["CHECKED", "FORMATS", "PROOF", "SHAPE", "Candidate", "courier_codes", "recognise", "sole"]
