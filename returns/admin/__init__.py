"""Staff pages of returns."""

from returns.admin import labels, policies, requests

__all__ = ["labels", "policies", "requests"]
