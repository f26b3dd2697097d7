"""The free field as data: a bank names its parts once; writing, reading and explaining all follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FREE_FIELD = 25


@dataclass(frozen=True)
class Part:
    """Some digits of the free field: a name and a size, or `fixed` digits."""

    name: str
    size: int
    fixed: str = ""


@dataclass(frozen=True)
class Layout:
    """The parts, in order, 25 digits in all."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> Layout:
        """From `agency 4, wallet 2, our_number 11, account 7, =0`; `=` precedes digits that never change."""
        parts = []
        for item in text.split(", "):
            if item.startswith("="):
                parts.append(Part("fixed", len(item) - 1, item[1:]))
            else:
                name, size = item.split(" ")
                parts.append(Part(name, int(size)))
        assert sum(part.size for part in parts) == FREE_FIELD, text
        return cls(tuple(parts))

    def write(self, values: Mapping[str, str]) -> str:
        """The 25 digits; every value is as long as its part."""
        return "".join(part.fixed or values[part.name] for part in self.parts)

    def read(self, free_field: str) -> Iterator[tuple[Part, str]]:
        """Each part with its digits."""
        place = 0
        for part in self.parts:
            yield part, free_field[place : place + part.size]
            place += part.size

    def fits(self, free_field: str) -> bool:
        """Whether the digits that never change are there."""
        return all(digits == part.fixed for part, digits in self.read(free_field) if part.fixed)
