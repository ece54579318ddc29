"""The carriers' own codes and what they mean here. A code that is not in a table is UNKNOWN and is never guessed.

Carriers with a reader of their own have a module; ``tables/`` has the documented codes of every connector.
"""
