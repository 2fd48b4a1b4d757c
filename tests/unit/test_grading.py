from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.grading import Grade, GradeTable, parse_grade

_TABLE = GradeTable()
_LETTERS, _DIGITS = "ABCDEF", "123456"
_GRADES = [letter + digit for letter in _LETTERS for digit in _DIGITS]


def _trust(text: str) -> float:
    return _TABLE.trust(Grade(*text))


def _with(**trusts: float) -> GradeTable:
    return _TABLE.with_overrides({Grade(*text): trust for text, trust in trusts.items()})


def test_every_grade_has_a_trust_strictly_between_zero_and_one() -> None:
    """All 36 of them, and no other."""
    assert sorted(str(grade) for grade in _TABLE.trusts) == _GRADES
    assert all(0 < _trust(text) < 1 for text in _GRADES)


def test_the_default_table_keeps_the_order() -> None:
    """Falling along A to E and along 1 to 5, strictly, and not only by the table's own word."""
    assert _TABLE.violations() == ()
    for letter in _LETTERS:
        column = [_trust(letter + digit) for digit in "12345"]
        assert column == sorted(set(column), reverse=True)
    for digit in _DIGITS:
        row = [_trust(letter + digit) for letter in "ABCDE"]
        assert row == sorted(set(row), reverse=True)


def test_the_best_grade_is_near_one_and_the_worst_near_zero() -> None:
    """A1 is as good as known; E5 says almost nothing."""
    assert _trust("A1") >= 0.95
    assert _trust("E5") <= 0.05


def test_no_basis_to_judge_is_the_middle_and_not_the_bottom() -> None:
    """F lies strictly inside A to E, 6 strictly inside 1 to 5, and F6 says neither yes nor no."""
    for digit in _DIGITS:
        assert _trust("D" + digit) < _trust("F" + digit) < _trust("A" + digit)
    for letter in _LETTERS:
        assert _trust(letter + "4") < _trust(letter + "6") < _trust(letter + "2")
    assert _trust("F6") == pytest.approx(0.5, abs=0.1)


def test_credibility_weighs_more_than_reliability() -> None:
    """The least that credibility does for any source is more than the most that reliability does for any content."""
    along_credibility = [_trust(letter + "1") - _trust(letter + "5") for letter in "ABCDE"]
    along_reliability = [_trust("A" + digit) - _trust("E" + digit) for digit in "12345"]
    assert min(along_credibility) > max(along_reliability)
    assert fmean(along_credibility) > 2 * fmean(along_reliability)


@pytest.mark.parametrize(
    ("grade", "trust", "named"),
    [
        ("B2", 0.96, ["A2 (0.94) is below B2 (0.96)"]),  # B1 is 0.97: only the other source is overtaken
        ("C3", 0.88, ["B3 (0.69) is below C3 (0.88)", "C2 (0.86) is below C3 (0.88)"]),
        ("F4", 0.01, ["F4 (0.01) is below F5 (0.07)", "F4 (0.01) is not between A4 and E4"]),
        ("B6", 0.09, ["B6 (0.09) is below C6 (0.5)", "B6 (0.09) is not between B1 and B5"]),
        ("F6", 0.65, ["F6 (0.65) is not between A6 and E6"]),
        ("A1", 1.0, ["A1 is 1.0: outside (0, 1)"]),
        ("E5", 0.0, ["E5 is 0.0: outside (0, 1)"]),
        ("E5", -0.2, ["E5 is -0.2: outside (0, 1)"]),
        ("D3", float("nan"), ["D3 is nan: outside (0, 1)"]),
    ],
)
def test_an_override_that_breaks_the_order_is_named(grade: str, trust: float, named: list[str]) -> None:
    """Each violation says which grades, and what they are; nothing else is accused."""
    assert sorted(_with(**{grade: trust}).violations()) == named


def test_an_override_that_keeps_the_order_is_no_violation() -> None:
    """Equal neighbors are no break; the table it was made from does not change."""
    changed = _with(A1=0.985, B2=0.93, C4=0.33)
    assert changed.violations() == ()
    assert changed.trust(Grade("B", "2")) == 0.93
    assert _trust("B2") == 0.91


@pytest.mark.parametrize("text", _GRADES)
def test_a_grade_is_written_as_it_is_read(text: str) -> None:
    """All 36."""
    grade = parse_grade(text)
    assert grade == Grade(text[0], text[1])
    assert str(grade) == text


_NEAR_MISSES = st.text("ABCDEFGabcdef0123456789 \n-", max_size=4)


@given(st.text(max_size=5) | _NEAR_MISSES)
def test_anything_but_the_thirty_six_grades_is_no_grade(text: str) -> None:
    """Also lower case, blanks around it, a line end after it, and other digits."""
    assert (parse_grade(text) is not None) == (text in _GRADES)


@pytest.mark.parametrize("text", ["", "A", "1", "a1", "A1\n", " A1", "A1 ", "A0", "A7", "G1", "1A", "A11", "A１"])
def test_a_malformed_grade_is_no_grade(text: str) -> None:
    """The near misses by name, a full-width digit among them."""
    assert parse_grade(text) is None
