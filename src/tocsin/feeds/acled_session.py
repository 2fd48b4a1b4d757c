"""Questions to the ACLED API under a token that is renewed at most once a question.

What is relied on, from ACLED's API documentation (https://acleddata.com/api-documentation/getting-started): a form
POSTed to `<base>/oauth/token` with `grant_type=password`, `username`, `password` and `client_id=acled` gives
`access_token` (good for 24 hours) and `refresh_token` (14 days); `grant_type=refresh_token` renews. The token goes
along as `Authorization: Bearer`. Answers are `{status, success, last_update, count, data, messages}`; 400 stands for
a wrong name or password, 401 for a token that is no longer good, 403 for terms not accepted or no access.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import FeedFormatError, FeedRefusedError, FeedUnavailableError
from tocsin.feeds.json_rows import names, read_object, read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.feeds.fetch import Answer, Fetcher

BASE = "https://acleddata.com"

_VARIABLE = "TOCSIN_ACLED_PASSWORD"
_CLIENT = {"client_id": "acled"}
_JSON = ("application/json",)
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_REFUSED_LOGIN = (HTTPStatus.BAD_REQUEST, *_REFUSED)
_LONGEST_TOKEN = 8_192


class AcledSession:
    """Holds the tokens, in memory alone.

    Where a token is no longer good, it is refreshed once; where that is refused, the password is tried once; where that
    is refused, or the new token is no good either, FeedRefusedError. A refused password is not sent again.
    """

    def __init__(self, fetcher: Fetcher, feed: str, *, username: str, password: str, base: str = BASE) -> None:
        self._fetcher = fetcher
        self._feed = feed
        self._credential = {"username": username, "password": password, "scope": "authenticated"}
        self._base = base.rstrip("/")
        self._access: str | None = None
        self._refresh: str | None = None
        self._refused: str | None = None

    def rows(self, path: str, params: Mapping[str, str], required: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of one answer.

        Args:
            path: Below `/api`, such as `acled/read`.
            params: Of the query.
            required: Keys that each row must have.
        """
        if self._access is None:
            self._login()
        status, found = self._ask(path, params)
        if status == HTTPStatus.UNAUTHORIZED:
            self._renew()
            status, found = self._ask(path, params)
        if status in _REFUSED:
            raise FeedRefusedError(self._feed, f"/api/{path} answers {status} to a good token", _VARIABLE)
        if status != HTTPStatus.OK or found.get("success") is False:
            said = str(found.get("messages") or found.get("error") or "nothing more")[:200]
            raise FeedUnavailableError(self._feed, f"/api/{path} answers {status} inside its JSON, and says: {said}")
        return read_rows(self._feed, found, "data", required)

    def _ask(self, path: str, params: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The status, which may stand inside the JSON of an answer that is 200, and what the JSON holds."""
        answer = self._fetcher.fetch(
            self._feed,
            f"{self._base}/api/{path}",
            params={"_format": "json", **params},
            headers={"Authorization": f"Bearer {self._access}"},
            expect=_JSON,
            statuses=_REFUSED,
        )
        if answer.status != HTTPStatus.OK:
            return answer.status, {}
        found = read_object(self._feed, answer.content)
        said = found.get("status", HTTPStatus.OK)
        return said if isinstance(said, int) else HTTPStatus.OK, found

    def _renew(self) -> None:
        """A new token: by the refresh token where there is one and it is good, otherwise by the password."""
        refresh, self._access, self._refresh = self._refresh, None, None
        if refresh is not None:
            answer = self._post({"grant_type": "refresh_token", "refresh_token": refresh})
            if answer.status == HTTPStatus.OK:
                self._keep(answer)
                return
        self._login()

    def _login(self) -> None:
        if self._refused is not None:
            raise FeedRefusedError(self._feed, self._refused, _VARIABLE)
        answer = self._post({"grant_type": "password", **self._credential})
        if answer.status != HTTPStatus.OK:
            self._refused = f"it answers {answer.status} to our name and password"
            raise FeedRefusedError(self._feed, self._refused, _VARIABLE)
        self._keep(answer)

    def _post(self, form: Mapping[str, str]) -> Answer:
        address = f"{self._base}/oauth/token"
        form = {**form, **_CLIENT}
        return self._fetcher.fetch(self._feed, address, method="POST", form=form, expect=_JSON, statuses=_REFUSED_LOGIN)

    def _keep(self, answer: Answer) -> None:
        found = read_object(self._feed, answer.content)
        access, refresh = found.get("access_token"), found.get("refresh_token")
        if not isinstance(access, str) or not 0 < len(access) <= _LONGEST_TOKEN:
            raise FeedFormatError(self._feed, f"the answer to a login has no access_token; it has {names(found)}")
        self._access = access
        self._refresh = refresh if isinstance(refresh, str) and refresh else None
