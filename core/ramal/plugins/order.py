"""In which order plugins load, are asked, and are migrated.

The rules, with ``a → b`` for "a comes before b":

* A plugin comes after each that it ``requires``, and after each named in ``after`` that is there.
* Where nothing decides, the alphabet does.
* ``after`` is a wish: when wishes make a circle, they are dropped, all those inside it.
* ``requires`` is not: plugins that require each other in a circle can't be ordered, and
  :func:`order` names them apart.

>>> order({"pigeon": ((), ()), "letters": (("pigeon",), ()), "audit": ((), ())})
(['audit', 'pigeon', 'letters'], [])

``letters`` would come before ``pigeon`` by the alphabet, but requires it. A wish moves ``audit``:

>>> order({"pigeon": ((), ()), "letters": (("pigeon",), ()), "audit": ((), ("pigeon",))})
(['pigeon', 'audit', 'letters'], [])

A wish for something absent changes nothing, and a requirement of something absent neither (what
requires it is blocked later, with a sentence):

>>> order({"a": (("gone",), ("gone",)), "b": ((), ())})
(['a', 'b'], [])

Two that wish to come after each other come by name; two that require each other don't come:

>>> order({"b": ((), ("a",)), "a": ((), ("b",))})
(['a', 'b'], [])
>>> order({"b": (("a",), ()), "a": (("b",), ()), "c": (("b",), ()), "d": ((), ())})
(['d'], ['a', 'b', 'c'])
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

Relations = Mapping[str, tuple[Iterable[str], Iterable[str]]]


def order(relations: Relations) -> tuple[list[str], list[str]]:
    """Names → (requires, after), into (ordered names, names caught in or behind a circle)."""
    hard = {name: {other for other in requires if other in relations} for name, (requires, _) in relations.items()}
    soft = {name: {other for other in after if other in relations} for name, (_, after) in relations.items()}
    done = _sorted(hard, soft, set(relations), [])
    stuck = set(relations) - set(done)
    if stuck:
        done = _sorted(hard, {name: set() for name in relations}, stuck, done)
    return done, sorted(set(relations) - set(done))


def _sorted(hard: Mapping[str, set[str]], soft: Mapping[str, set[str]], names: set[str], done: list[str]) -> list[str]:
    """``done`` and as many of ``names`` as can follow, smallest name first (Kahn's algorithm)."""
    result = list(done)
    waiting = {name: (hard[name] | soft[name]) - set(done) for name in names}
    ready = [name for name, before in waiting.items() if not before]
    heapq.heapify(ready)
    while ready:
        name = heapq.heappop(ready)
        result.append(name)
        del waiting[name]
        for other, before in waiting.items():
            if name in before:
                before.discard(name)
                if not before:
                    heapq.heappush(ready, other)
    return result
