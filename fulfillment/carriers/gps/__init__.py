"""Own couriers: where they are, what follows from that, and when they will be at the next door.

All modules but ``routing`` are pure: positions and times in, facts out. The tables are ``fulfillment.models.gps``, what
writes them is ``fulfillment.services.positions`` and ``fulfillment.services.couriers``.
"""
