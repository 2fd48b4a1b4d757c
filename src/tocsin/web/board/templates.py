"""The templates of pages, and how numbers stand in them."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin.domain.change import cause_words
from tocsin.domain.elicitation import logit
from tocsin.domain.figures import factor, interval, percent, times
from tocsin.domain.instants import show_age, show_instant, write_instant
from tocsin.domain.plural import counted
from tocsin.domain.wording import likelihood_words, word
from tocsin.web.static_files import static_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from jinja2 import Template


def template(name: str) -> Template:
    """A template by its name; one that names what it was not given fails, and never leaves a blank."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("tocsin.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters |= {
        "percent": percent,
        "points": points,
        "age": show_age,
        "instant": show_instant,
        "utc": write_instant,
        "minute": minute,
        "figure": figure,
        "times": times,
        "signed": signed,
    }
    found.globals |= {
        "static": f"/static/{static_version()}/",
        "interval": interval,
        "named": named,
        "factor": factor,
        "counted": counted,
        "likelihood_words": likelihood_words,
        "word": word,
        "logit": logit,
        "exp": math.exp,
        "attributes": attributes,
        "cause_words": cause_words,
    }
    return found


def named(values: Iterable[str]) -> dict[str, str]:
    """Choices that are called what they are."""
    return {str(value): str(value) for value in values}


def points(change: float) -> str:
    """A change of a probability in percentage points, with its sign.

    >>> points(0.123), points(-0.004), points(0.0003), points(-1e-6), points(0.0)
    ('+12 points', '−0.4 points', '+0.03 points', '−<0.01 points', '±0 points')
    """
    value = 100.0 * change
    if value == 0:
        return "±0 points"
    if abs(value) < 0.005:  # noqa: PLR2004 (what would round to 0.00)
        return f"{'+' if value > 0 else '−'}<0.01 points"
    digits = 2 if abs(value) < 0.095 else 1 if abs(value) < 9.95 else 0  # noqa: PLR2004 (what rounds to less than 10)
    return f"{'+' if value > 0 else '−'}{abs(value):.{digits}f} points"


def figure(value: float) -> str:
    """A value as it was reported: no more digits than it has.

    >>> figure(2.0), figure(0.35)
    ('2', '0.35')
    """
    return f"{value:g}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, as in a sum of parts.

    >>> signed(0.5), signed(-1.234)
    ('+0.50', '−1.23')
    """
    return f"{'−' if value < 0 else '+'}{abs(value):.{digits}f}"


def minute(instant: datetime) -> str:
    """An instant to the minute, in UTC.

    >>> minute(__import__("datetime").datetime.fromisoformat("2016-03-09T00:00:00+01:00"))
    '2016-03-08 23:00 UTC'
    """
    return write_instant(instant)[:16].replace("T", " ") + " UTC"


def attributes(**named: Any) -> Markup:  # noqa: ANN401 (whatever can be written as text)
    """HTML attributes of those that are neither None nor False; underscores become hyphens.

    >>> attributes(data_value=0.5, hidden=True, title=None)
    Markup(' data-value="0.5" hidden')
    """
    parts = []
    for name, value in named.items():
        if value is None or value is False:
            continue
        written = name.rstrip("_").replace("_", "-")
        parts.append(f" {written}" if value is True else Markup(' {}="{}"').format(Markup(written), value))  # noqa: S704 (our own names)
    return Markup("").join(parts)
