"""Adapters for where orders come from."""

from fulfillment.stores.models import ModelStore

__all__ = ["ModelStore"]
