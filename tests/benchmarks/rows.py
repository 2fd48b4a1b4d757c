"""One figure of the benchmark, and whether it is as good as promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A measured value. A target is a ceiling, or with `least` a floor."""

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None where there is none. A NaN meets no target."""
        if self.target is None:
            return None
        return self.value >= self.target if self.least else self.value <= self.target

    @property
    def wanted(self) -> str:
        """The target with its direction."""
        return "" if self.target is None else f"{'≥' if self.least else '≤'} {self.target:g}"

    @property
    def verdict(self) -> str:
        """Whether it holds, in a word."""
        return {None: "", True: "holds", False: "MISSED"}[self.holds]

    @property
    def shown(self) -> str:
        """The value to three digits."""
        return f"{self.value:.3g}" if abs(self.value) < 1000 else f"{self.value:,.0f}"

    def as_object(self) -> dict[str, Any]:
        """What is recorded."""
        return {
            "name": self.name,
            "value": float(f"{self.value:.4g}"),
            "unit": self.unit,
            "target": self.target,
            "holds": self.holds,
        }


def at_most(name: str, value: float, unit: str, target: float) -> Row:
    """A figure that is good when it is small."""
    return Row(name, value, unit, target)


def at_least(name: str, value: float, unit: str, target: float) -> Row:
    """A figure that is good when it is large."""
    return Row(name, value, unit, target, least=True)
