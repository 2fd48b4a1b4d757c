"""The simple rivals that are computed here: chances of 25 or more deaths from each country's own history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.views.folder import DEATHS, ROW
from benchmarks.views.months import FIRST_AHEAD, LAST_AHEAD, months_of, origin_of, year_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sklearn.base import ClassifierMixin

AT_LEAST = 25
_SPANS = (1, 3, 6, 12, 24, 60)
_FIRST_TRAINED = 1995


def rivals(history: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """A column of chances for each rival, by window, month and country.

    `history` holds for each window a panel by (country_id, month_id). Nothing after a window's origin is looked at.
    """
    with threadpool_limits(1):  # threads that wait for each other on a busy machine take many times as long as one
        return pd.concat([_rivals(window, panel) for window, panel in history.items()])


def _rivals(window: int, panel: pd.DataFrame) -> pd.DataFrame:
    origin = origin_of(window)
    deaths = panel[DEATHS].reset_index().pivot_table(index="country_id", columns="month_id", values=DEATHS)
    deaths = deaths.loc[:, deaths.columns <= origin]
    here = features(deaths, origin)
    ahead = pd.concat([_at_horizon(here, window, horizon) for horizon in range(FIRST_AHEAD, LAST_AHEAD + 1)])
    columns = [*here.columns, "horizon"]
    result = ahead[ROW].copy()
    for months in (12, 24):
        result[f"share_{months}"] = ahead["country_id"].map(share(deaths, origin, months))
    training = list(_training(deaths, origin))
    if training:
        known = pd.concat(training)
        for name, learner in _learners().items():
            learner.fit(known[columns], known["target"])
            result[name] = learner.predict_proba(ahead[columns])[:, 1]
    return result.set_index(ROW)


def share(deaths: pd.DataFrame, origin: int, months: int) -> pd.Series:
    """(k + 1/4) / (n + 1/2): the share of the last n months with 25 or more, drawn a little toward one half."""
    last = deaths.loc[:, [month for month in deaths.columns if origin - months < month <= origin]]
    return ((last >= AT_LEAST).sum(axis=1) + 0.25) / (last.notna().sum(axis=1) + 0.5)


def features(deaths: pd.DataFrame, origin: int) -> pd.DataFrame:
    """Three features for each span that ends at the origin, of the countries that are known there.

    Shares of months with 25 or more and with any, and the log of one and the mean of deaths.
    """
    known = deaths[deaths[origin].notna()] if origin in deaths else deaths
    columns = {}
    for span in _SPANS:
        last = known.loc[:, [month for month in known.columns if origin - span < month <= origin]]
        seen = last.notna().sum(axis=1)
        columns[f"deadly_{span}"] = (last >= AT_LEAST).sum(axis=1) / seen
        columns[f"any_{span}"] = (last >= 1).sum(axis=1) / seen
        columns[f"level_{span}"] = np.log1p(last.mean(axis=1))
    return pd.DataFrame(columns)


def _at_horizon(here: pd.DataFrame, window: int, horizon: int) -> pd.DataFrame:
    return here.assign(
        window=window, month_id=months_of(window)[horizon - FIRST_AHEAD], country_id=here.index, horizon=horizon
    )


def _training(deaths: pd.DataFrame, origin: int) -> Iterator[pd.DataFrame]:
    """Every October from 1995 with the months of its window that had been seen by the origin."""
    for window in range(_FIRST_TRAINED + 1, year_of(origin) + 1):
        if origin_of(window) not in deaths:
            continue
        here = features(deaths, origin_of(window))
        for horizon, month in enumerate(months_of(window), start=FIRST_AHEAD):
            if month in deaths:
                seen = deaths[month].reindex(here.index).dropna()
                yield _at_horizon(here.loc[seen.index], window, horizon).assign(target=seen >= AT_LEAST)


def _learners() -> dict[str, ClassifierMixin]:
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=5000)),
        "boosting": HistGradientBoostingClassifier(
            max_depth=4, learning_rate=0.05, max_iter=150, min_samples_leaf=100, early_stopping=False, random_state=0
        ),
    }
