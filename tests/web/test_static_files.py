"""What pages load: it comes from here, is what its makers published, and browsers keep it."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from tocsin.web.static_files import static_version

if TYPE_CHECKING:
    from support.web import Web

_VENDOR = files("tocsin.web").joinpath("static", "vendor")


def test_each_library_is_what_was_published_and_has_its_license() -> None:
    """By its sum; none is without one, and none is forgotten in the table."""
    sums = dict(
        reversed(line.split(maxsplit=1))
        for line in _VENDOR.joinpath("SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    found = {item.name: item.read_bytes() for item in _VENDOR.iterdir() if item.name.endswith(".js")}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == sums
    table = _VENDOR.joinpath("README.md").read_text(encoding="utf-8")
    for name in found:
        assert f"| {name} |" in table
        assert (
            "permission to use"
            in _VENDOR.joinpath(f"{name.split('-')[0]}-LICENSE.txt").read_text(encoding="utf-8").lower()
        )


def test_a_page_loads_nothing_from_elsewhere_and_every_file_that_it_names(web: Web) -> None:
    """And each is kept for a year, as a changed one has another address."""
    page = web.client.get("/theaters/tunisia?as_of=2016-03-08")
    named = re.findall(r'(?:src|href)="([^"]+\.(?:js|css|svg))"', page.text)
    assert len(named) >= 4
    for address in named:
        assert address.startswith(f"/static/{static_version()}/")
        answer = web.client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
    assert "http:" not in page.text.replace("http://www.w3.org", "")
    assert "https:" not in page.text


def test_a_file_is_sent_packed_to_who_takes_it_so_and_as_it_is_to_others(web: Web) -> None:
    """The same bytes come of both."""
    address = f"/static/{static_version()}/vendor/htmx-4.0.1.min.js"
    packed = web.client.get(address, headers={"accept-encoding": "gzip"})
    plain = web.client.get(address, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == _VENDOR.joinpath("htmx-4.0.1.min.js").read_bytes()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert len(gzip.compress(plain.content, 9)) == int(packed.headers["content-length"])


def test_a_file_of_another_version_or_outside_is_not_there(web: Web) -> None:
    """An old address is not answered with a new file, and no address leads out of the folder."""
    for address in (
        "/static/000000000000/tocsin.css",
        f"/static/{static_version()}/../app.py",
        f"/static/{static_version()}/vendor",
    ):
        assert web.client.get(address).status_code == 404, address


def test_no_page_lets_anything_run_that_stands_in_it(web: Web) -> None:
    """The policy forbids what is inline and eval, and no template has any."""
    for path in ("/theaters/tunisia?as_of=2016-03-08", "/keyboard", "/sign-in", "/theaters/nowhere"):
        answer = web.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
    for item in files("tocsin.web").joinpath("templates").iterdir():
        if item.name.endswith(".html"):
            text = item.read_text(encoding="utf-8")
            assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|js:|javascript:", text), (
                item.name
            )
