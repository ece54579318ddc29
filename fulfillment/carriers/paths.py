"""A small language for places in a JSON answer. It can only look: no code is run, and nothing is searched for.

``shipments[0].events`` · ``data["tracking events"]`` · ``parcels[-1]`` · ``parcels[id={number}].scans`` ·
``groups[*].scans``

A name goes into an object; ``[n]`` takes one of a list, counted from its end when negative; ``[name=value]`` takes the
first object of a list whose member has that value, and ``{number}`` stands for the tracking number; ``[*]``, once in a
path, takes what is found in each member of a list together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

#: Letters of a path, steps in it, and members that ``[*]`` gathers.
LONGEST, MOST_STEPS, MOST_MEMBERS = 200, 20, 5000

_STEP = re.compile(
    r"""\.?(?P<name>[^\W\d][\w-]*|\d+[A-Za-z_-][\w-]*)
      | \[(?P<index>-?\d{1,4})\]
      | \[(?P<all>\*)\]
      | \["(?P<quoted>[^"\]]{1,80})"\]
      | \[(?P<key>[\w-]{1,80})=(?P<value>[^\]]{1,80})\]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """Exactly one of these is set; ``where`` is a name and a value."""

    name: str | None = None
    index: int | None = None
    where: tuple[str, str] | None = None
    every: bool = False


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of ``path``; none for the answer itself. ValueError, with where, when it is no path."""
    path = path.strip()
    if len(path) > LONGEST:
        raise ValueError(f"A path has at most {LONGEST} letters.")
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (at == 0 and path.startswith(".")):
            raise ValueError(f"“{path}” is no path: it cannot be read from “{path[at:]}” on.")
        steps.append(_step(found))
        at = found.end()
    if len(steps) > MOST_STEPS:
        raise ValueError(f"A path has at most {MOST_STEPS} steps.")
    if sum(step.every for step in steps) > 1:
        raise ValueError("A path has “[*]” at most once.")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    told = found.groupdict()
    if told["index"] is not None:
        return Step(index=int(told["index"]))
    if told["all"]:
        return Step(every=True)
    if told["key"]:
        return Step(where=(told["key"], told["value"].strip("\"'")))
    return Step(name=told["name"] or told["quoted"])


def pick(answer: Any, steps: Sequence[Step], number: str = "") -> Any:
    """What is at the place; None when there is no such place."""
    found = answer
    for place, step in enumerate(steps):
        if step.every:
            members = [pick(member, steps[place + 1 :], number) for member in _list(found)[:MOST_MEMBERS]]
            flat = (one for each in members for one in (each if isinstance(each, list) else [each]))
            return [one for one in islice(flat, MOST_MEMBERS) if one is not None]
        found = _one(found, step, number)
        if found is None:
            return None
    return found


def _one(value: Any, step: Step, number: str) -> Any:
    if step.name is not None:
        return value.get(step.name) if isinstance(value, dict) else None
    members = _list(value)
    if step.index is not None:
        return members[step.index] if -len(members) <= step.index < len(members) else None
    if step.where is None:
        return None
    key, wanted = step.where[0], step.where[1].replace("{number}", number)
    return next((each for each in members if isinstance(each, dict) and str(each.get(key)) == wanted), None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
