"""The stores of the demo on platforms: a Shopify and a WooCommerce that are twins on this machine.

Everything between them and us is what a real store would have: the connection, signed webhooks at our own address, the
first sync, reconciliation, and the outbox. Only the platforms are simulated, and the names of the stores say so.
"""
