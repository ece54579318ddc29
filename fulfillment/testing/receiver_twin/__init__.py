"""A receiver of webhooks on loopback: a system of the shop's that verifies, keeps and shows what it is told.

    with ReceiverTwin() as twin:
        twin.trust(secret)                      # whsec_…; several while a secret is changed
        twin.faults.next(500, times=2)          # then all is well again
        twin.faults.next(429, seconds=30)       # with Retry-After
        twin.faults.outage("hang", seconds=60)
        twin.huge = 50_000_000                  # bytes of each answer
        twin.heard                              # what was verified, in order; twin.refused: what was not
        twin.doubled                            # ids that came more than once

``http://…/anything`` takes messages, ``http://…/`` shows them to a person. Nothing here needs Django or a data base.
"""

from fulfillment.testing.receiver_twin.receiver import Heard, ReceiverTwin
from fulfillment.testing.receiver_twin.verifying import Refused, verify

__all__ = ["Heard", "ReceiverTwin", "Refused", "verify"]
