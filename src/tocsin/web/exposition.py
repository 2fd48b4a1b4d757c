"""What `/metrics` says, in Prometheus's text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric

    from tocsin.domain.odds import Odds
    from tocsin.web.stock import Stock
    from tocsin.web.traffic import Traffic

_OF = ("theater", "scenario", "horizon_days")
_NOT_FIRM = frozenset({Status.PROVISIONAL, Status.REFIT_WANTED})
_ODDS: tuple[tuple[str, str, Callable[[Odds], float]], ...] = (
    ("tocsin_odds_probability", "P(scenario by horizon).", lambda odds: odds.probability),
    ("tocsin_odds_prior", "The same before any evidence.", lambda odds: odds.prior),
    ("tocsin_odds_error", "Monte Carlo standard error of the probability.", lambda odds: odds.error),
    ("tocsin_odds_age_seconds", "From the instant that was fitted to now.", lambda odds: odds.age_seconds),
    (
        "tocsin_odds_provisional",
        "1 where the odds are provisional or a refit is wanted.",
        lambda odds: float(odds.status in _NOT_FIRM),
    ),
)


class _StockCollector(Collector):
    def __init__(self, stock: Stock, theaters: frozenset[str] | None) -> None:
        self._stock = stock
        self._theaters = theaters

    def collect(self) -> Iterator[Metric]:
        stock = self._stock
        yield _one("tocsin_store_up", "1 where the store can be used.", float(stock.problem is None))
        yield from self._odds()
        yield from self._fits()
        if stock.worker is not None:
            age = (stock.at - stock.worker.ticked_at).total_seconds()
            yield _one("tocsin_worker_tick_age_seconds", "Since a worker last looked what is due.", age)
        yield from self._feeds()
        yield from self._alerts()
        # How much there is elsewhere is not everybody's to know.
        if stock.counts is not None and self._theaters is None:
            yield _count("tocsin_observations", "Observations, corrections and retractions.", stock.counts.observations)
            yield _count("tocsin_fits", "Fits, rejected ones too.", stock.counts.fits)
            yield _count("tocsin_publications", "Publications.", stock.counts.publications)
            sent = (((name, stage.value), float(count)) for (name, stage), count in stock.deliveries.items())
            yield _many("tocsin_deliveries", "Messages, by stage.", ("destination", "stage"), sent)

    def _seen(self, theater: str) -> bool:
        return self._theaters is None or theater in self._theaters

    def _odds(self) -> Iterator[Metric]:
        rows = [
            ((name, odds.scenario, str(odds.horizon_days)), odds)
            for name, reading in self._stock.readings.items()
            if self._seen(name)
            for odds in reading.odds
        ]
        for name, meaning, value in _ODDS:
            yield _many(name, meaning, _OF, ((labels, value(odds)) for labels, odds in rows))
        low, high = "tocsin_odds_interval_low", "tocsin_odds_interval_high"
        ends = [
            ((*labels, level), interval)
            for labels, odds in rows
            for level, interval in (("50", odds.interval50), ("90", odds.interval90))
        ]
        named = (*_OF, "level")
        yield _many(low, "Lower end of the interval.", named, ((labels, item.low) for labels, item in ends))
        yield _many(high, "Upper end of the interval.", named, ((labels, item.high) for labels, item in ends))
        said = (((*labels, odds.status.value), 1.0) for labels, odds in rows)
        yield _many("tocsin_odds_status", "1 for the status that the odds have.", (*_OF, "status"), said)

    def _fits(self) -> Iterator[Metric]:
        found = [(name, reading.fit) for name, reading in self._stock.readings.items() if self._seen(name)]
        ages = (((name,), (self._stock.at - fit.recorded_at).total_seconds()) for name, fit in found)
        yield _many("tocsin_fit_age_seconds", "Since the last accepted fit was recorded.", ("theater",), ages)

    def _feeds(self) -> Iterator[Metric]:
        found = [(name, state) for name, state in self._stock.feeds.items() if self._seen(name.partition("/")[0])]
        failures = (((name,), float(state.failures)) for name, state in found)
        yield _many("tocsin_feed_failures", "Failures in a row since a feed last answered.", ("feed",), failures)
        ages = (
            ((name,), (self._stock.at - state.succeeded_at).total_seconds())
            for name, state in found
            if state.succeeded_at is not None
        )
        yield _many("tocsin_feed_success_age_seconds", "Since a feed last answered to the end.", ("feed",), ages)

    def _alerts(self) -> Iterator[Metric]:
        found = [item for item in self._stock.alerts if self._seen(item.rule.theater)]
        labels = ("theater", "rule", "severity")
        rings = (((item.rule.theater, item.rule.id, item.rule.severity.value), float(item.rings)) for item in found)
        yield _many("tocsin_alert_firing", "1 while the alert of a rule fires.", labels, rings)
        waits = (((item.rule.theater, item.rule.id, item.rule.severity.value), float(item.waits)) for item in found)
        yield _many("tocsin_alert_waiting", "1 while it fires and nobody has it in hand.", labels, waits)


def expose(stock: Stock, traffic: Traffic, theaters: frozenset[str] | None) -> bytes:
    """The metrics that somebody may see who may see these theaters; None for all."""
    registry = CollectorRegistry()
    registry.register(_StockCollector(stock, theaters))
    return generate_latest(registry) + generate_latest(traffic.registry)


def _one(name: str, meaning: str, value: float) -> Metric:
    return _many(name, meaning, (), [((), value)])


def _count(name: str, meaning: str, value: int) -> Metric:
    return CounterMetricFamily(name, meaning, value)


def _many(
    name: str, meaning: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for named, value in rows:
        family.add_metric(named, value)
    return family
