"""Listeners to a host project's own models and signals."""
