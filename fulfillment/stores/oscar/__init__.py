"""django-oscar in the same project: its orders, as its models hold them, forked or not."""

from fulfillment.stores.oscar.store import ARRIVES, NOTHING, SHIPS, OscarStore

__all__ = ["ARRIVES", "NOTHING", "SHIPS", "OscarStore"]
