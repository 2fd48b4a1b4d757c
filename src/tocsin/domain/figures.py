"""Numbers as people read them: probabilities, intervals of them and factors, the same in a terminal and on a page."""

from __future__ import annotations

_MOST_TIMES = 1000


def percent(probability: float) -> str:
    """A probability for people: two figures at the ends of the scale, whole percents between, never 0 or 100.

    >>> percent(0.0042), percent(0.42), percent(0.9996), percent(1e-9)
    ('0.42 %', '42 %', '99.96 %', '<0.01 %')
    """
    value = 100 * probability
    distance = min(value, 100 - value)
    if distance < 0.01:  # noqa: PLR2004 - no finer figure is worth its space
        return "<0.01 %" if value < 50 else ">99.99 %"  # noqa: PLR2004 - whichever end is near
    if distance < 0.995:  # noqa: PLR2004 - what rounds to less than 1.0
        return f"{value:.2f} %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"  # noqa: PLR2004 - what rounds to less than 10


def interval(low: float, high: float) -> str:
    """An interval of probabilities for people, its unit once.

    >>> interval(0.012, 0.098)
    '1.2–9.8 %'
    """
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"


def share(value: float) -> str:
    """A share that may be negative, such as a skill, for people; below −1000 % only that it is.

    >>> share(0.234), share(-1.3), share(0.004), share(-21.7)
    ('+23 %', '−130 %', '0 %', '<−1000 %')
    """
    whole = round(100 * value)
    if whole < -_MOST_TIMES:
        return f"<−{_MOST_TIMES} %"
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)} %"


def share_interval(low: float, high: float) -> str:
    """From one share to another.

    >>> share_interval(-0.07, 0.31)
    '−7 to +31 %'
    """
    return f"{share(low).removesuffix(' %')} to {share(high)}"


def factor(probability: float, before: float) -> str:
    """By how much the odds of one probability exceed those of another, for people."""
    return times(_odds(probability) / _odds(before))


def _odds(probability: float) -> float:
    return probability / (1.0 - probability)


def times(value: float) -> str:
    """A factor for people; beyond 1000 and below a thousandth only that it is: there the digits say nothing.

    >>> times(19.4), times(0.13), times(330.0), times(0.0029), times(4.1e6), times(2.9e-5)
    ('19', '0.13', '330', '1/340', '>1000', '<1/1000')
    """
    if value > _MOST_TIMES:
        return f">{_MOST_TIMES}"
    if value < 1 / _MOST_TIMES:
        return f"<1/{_MOST_TIMES}"
    if value >= 100:  # noqa: PLR2004 - two figures would turn to powers of ten here
        return f"{float(f'{value:.2g}'):.0f}"
    return f"{value:.2g}" if value >= 0.01 else f"1/{float(f'{1 / value:.2g}'):.0f}"  # noqa: PLR2004 - as above
