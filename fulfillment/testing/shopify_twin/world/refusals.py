"""What the platform says no to: one of the ``userErrors`` of a mutation."""

from __future__ import annotations


class Refused(Exception):
    """``field`` is the path into the input, ``code`` the enum value where the mutation's errors have one."""

    def __init__(self, message: str, *field: str, code: str = "INVALID") -> None:
        super().__init__(message)
        self.message, self.field, self.code = message, list(field) or None, code


def not_found(what: str, *field: str) -> Refused:
    return Refused(f"{what} does not exist.", *field, code="NOT_FOUND")
