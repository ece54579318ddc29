"""Calling a parser that loses a whole answer to one odd event, so that it loses that event alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

#: Steps from the answer to a member of it.
Place = tuple[Any, ...]

#: Lists of an answer that are looked at, the longest first, and members of one of them.
MOST_LISTS, MOST_MEMBERS = 8, 300


def parse_most(parse: Callable[[Any], T], answer: Any) -> tuple[T, list[tuple[Any, str]]]:
    """What ``parse`` makes of ``answer``, and the members that it stumbled over, each with why.

    Where it stumbles, the members of each list are tried one by one, and it is called with those that went through.
    Raises what ``parse`` raised when that does not help. For JSON and lxml elements; ``answer`` stays as it is.
    """
    try:
        return parse(copy.deepcopy(answer)), []
    except Exception as error:
        for place, members in _lists(answer):
            good, odd = _sorted(parse, answer, place, members)
            if not good or not odd:
                continue
            try:
                return parse(_with(answer, place, good)), odd
            except Exception:  # noqa: S112 - the next list may be the one
                continue
        raise error


def _sorted(
    parse: Callable[[Any], T], answer: Any, place: Place, members: Sequence[Any]
) -> tuple[list[Any], list[tuple[Any, str]]]:
    good, odd = [], []
    for member in members:
        try:
            parse(_with(answer, place, [member]))
            good.append(member)
        except Exception as error:
            odd.append((member, f"{type(error).__name__}: {error}"))
    return good, odd


def _lists(answer: Any) -> list[tuple[Place, Sequence[Any]]]:
    """The lists in the answer that have something in them, by their places; the longest first."""
    found = [(place, members) for place, members in _walk(answer, ()) if 1 < len(members) <= MOST_MEMBERS]
    return sorted(found, key=lambda each: -len(each[1]))[:MOST_LISTS]


def _walk(value: Any, place: Place, depth: int = 0) -> Iterator[tuple[Place, Sequence[Any]]]:
    if depth > 12:
        return
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, (*place, key), depth + 1)
    elif _is_element(value):
        tags = list(dict.fromkeys(child.tag for child in value if isinstance(child.tag, str)))
        yield from (((*place, tag), [child for child in value if child.tag == tag]) for tag in tags)
        for number, child in enumerate(value):
            yield from _walk(child, (*place, number), depth + 1)
    elif isinstance(value, list | tuple):
        if any(isinstance(member, dict) or _is_element(member) for member in value):
            yield place, value
        for number, member in enumerate(value):
            yield from _walk(member, (*place, number), depth + 1)


def _with(answer: Any, place: Place, members: Sequence[Any]) -> Any:
    """A copy of ``answer`` in which the list at ``place`` has ``members`` only."""
    if _is_element(answer):
        return _element_with(copy.deepcopy(answer), place, [list(answer.iter()).index(each) for each in members])
    if not place:
        return type(answer)(copy.deepcopy(list(members))) if isinstance(answer, list | tuple) else answer
    if isinstance(answer, dict):
        return {
            key: _with(one, place[1:], members) if key == place[0] else copy.deepcopy(one)
            for key, one in answer.items()
        }
    made = [
        _with(one, place[1:], members) if number == place[0] else copy.deepcopy(one)
        for number, one in enumerate(answer)
    ]
    return type(answer)(made)


def _element_with(copied: Any, place: Place, kept: Sequence[int]) -> Any:
    """The members are known by their number in document order, which a copy keeps."""
    everything = list(copied.iter())  # held on to: lxml makes its objects anew when nobody does
    keep = [everything[number] for number in kept]
    parent = copied
    for step in place[:-1]:
        parent = parent[step]
    for child in list(parent):
        if child.tag == place[-1] and not any(child is each for each in keep):
            parent.remove(child)
    return copied


def _is_element(value: Any) -> bool:
    return hasattr(value, "tag") and hasattr(value, "iter")
