"""Theaters: what is declared."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.web.access import Allow
from tocsin.web.declared import READ, TABLE
from tocsin.web.means import Acting
from tocsin.web.schemas.indicator import IndicatorBody
from tocsin.web.schemas.scenario import ScenarioBody
from tocsin.web.schemas.theater import TheaterBody
from tocsin.web.tables import Asked, Page, PageBody, give

router = APIRouter(tags=["theaters"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]


@router.get("/theaters", response_model=PageBody[TheaterBody], responses=TABLE)
def list_theaters(asked: Asked, means: Acting, principal: _Reader) -> Response:
    """The theaters that you may see."""
    theaters = means.service.catalog.theaters.values()
    seen = [item for item in theaters if principal.may(Right.READ, item.id)]
    return asked.page(TheaterBody, Page(seen, None), TheaterBody.of)


@router.get("/theaters/{theater}", response_model=TheaterBody, responses=READ)
def show_theater(theater: str, request: Request, means: Acting, _: _Reader) -> Response:
    """One theater."""
    return give(request, TheaterBody.of(means.service.catalog.theater(theater)))


@router.get("/theaters/{theater}/scenarios", response_model=PageBody[ScenarioBody], responses=TABLE)
def list_scenarios(theater: str, asked: Asked, means: Acting, _: _Reader) -> Response:
    """Its scenarios: proposition, how each is settled, base rate, and links with their ranges and reasons."""
    declared = means.service.catalog.theater(theater)
    return asked.page(ScenarioBody, Page(declared.scenarios, None), lambda item: ScenarioBody.of(item, declared))


@router.get("/theaters/{theater}/scenarios/{scenario}", response_model=ScenarioBody, responses=READ)
def show_scenario(theater: str, scenario: str, request: Request, means: Acting, _: _Reader) -> Response:
    """One scenario."""
    declared = means.service.catalog.theater(theater)
    return give(request, ScenarioBody.of(declared.scenario(scenario), declared))


@router.get("/theaters/{theater}/indicators", response_model=PageBody[IndicatorBody], responses=TABLE)
def list_indicators(theater: str, asked: Asked, means: Acting, _: _Reader) -> Response:
    """The indicators that it watches: kind, collection, coverage, delay and baseline."""
    declared = means.service.catalog.theater(theater)
    return asked.page(IndicatorBody, Page(declared.indicators, None), IndicatorBody.of)


@router.get("/theaters/{theater}/indicators/{subject}/{indicator}", response_model=IndicatorBody, responses=READ)
def show_indicator(theater: str, subject: str, indicator: str, request: Request, means: Acting, _: _Reader) -> Response:
    """One indicator; its id is `subject/indicator`."""
    return give(request, IndicatorBody.of(means.service.catalog.theater(theater).indicator(f"{subject}/{indicator}")))
