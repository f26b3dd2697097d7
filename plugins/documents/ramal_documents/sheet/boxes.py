"""Rows of labelled boxes, each drawn as a label on top and a value under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ramal_documents.sheet.canvas import POINT, Canvas
from ramal_documents.sheet.printed import LABELS

LABEL_SIZE, VALUE_SIZE, STRONG_SIZE = 5.8, 8.5, 10.5
PAD = 1.0


@dataclass(frozen=True)
class Box:
    """A box in millimetres, from its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def inner(self) -> float:
        """What is left for text."""
        return self.width - 2 * PAD

    @property
    def baseline(self) -> float:
        """Where the value stands."""
        return self.y + 1.3


def row(top: float, height: float, left: float, columns: Iterable[tuple[str, float]]) -> dict[str, Box]:
    """Boxes side by side, by name."""
    boxes = {}
    for name, width in columns:
        boxes[name] = Box(left, top - height, width, height)
        left += width
    return boxes


def edges(boxes: Iterable[Box]) -> list[tuple[float, float, float, float]]:
    """The straight lines around the boxes, each once."""
    lines = set()
    for box in boxes:
        lines.add((box.x, box.y, box.right, box.y))
        lines.add((box.x, box.top, box.right, box.top))
        lines.add((box.x, box.y, box.x, box.top))
        lines.add((box.right, box.y, box.right, box.top))
    return sorted(lines)


def frame(canvas: Canvas, boxes: Iterable[Box]) -> None:
    """The rules around the boxes."""
    canvas.rules(edges(boxes))


def label(canvas: Canvas, name: str, box: Box) -> None:
    """The box's name, at its top."""
    canvas.text(box.x + PAD, box.top - 2.3, LABELS[name], LABEL_SIZE, width=box.inner)


def value(canvas: Canvas, words: str, box: Box, size: float = VALUE_SIZE) -> None:
    """On the left; `size` in points."""
    canvas.text(box.x + PAD, box.baseline, words, size, width=box.inner)


def number(canvas: Canvas, words: str, box: Box, size: float = VALUE_SIZE) -> None:
    """On the right."""
    canvas.right(box.right - PAD, box.baseline, words, size, width=box.inner)


def strong(canvas: Canvas, words: str, box: Box, size: float = STRONG_SIZE) -> None:
    """On the right and bold: the due date and the amount."""
    canvas.right(box.right - PAD, box.baseline, words, size, bold=True, width=box.inner)


def under_each_other(canvas: Canvas, lines: Sequence[str], box: Box, size: float = VALUE_SIZE) -> None:
    """A name and, smaller, the lines of an address; the last at the foot of the box."""
    low, smaller = box.y + 1.1, size - 1.5
    pitch = smaller * POINT + 0.4
    for place, words in enumerate(reversed(lines[1:])):
        canvas.text(box.x + PAD, low + place * pitch, words, smaller, width=box.inner)
    canvas.text(box.x + PAD, low + (len(lines) - 1) * pitch, lines[0], size, width=box.inner)
