"""Adapters for where orders come from."""

from fulfillment.stores.fields import Each, Fields
from fulfillment.stores.models import ModelStore

__all__ = ["Each", "Fields", "ModelStore"]
