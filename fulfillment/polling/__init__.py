"""When to ask a carrier about a parcel next: pure, without models and without network.

``stages`` says what a parcel waits for, ``shapes`` how likely its next scan is at each hour, ``usual`` what is shipped
for carriers of which nothing is known yet, ``learning`` makes a profile from scans, ``planning`` chooses the moment,
``budget`` who comes first when a carrier's limit is reached.
"""

from fulfillment.polling.planning import Facts, Next, Terms, next_ask
from fulfillment.polling.shapes import Profile, Shape
from fulfillment.polling.stages import stage_of
from fulfillment.polling.usual import USUAL

__all__ = ["USUAL", "Facts", "Next", "Profile", "Shape", "Terms", "next_ask", "stage_of"]
