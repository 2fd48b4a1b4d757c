"""Only XML that is safe to parse leaves the guard, in one encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import FeedFormatError
from tocsin.feeds.xml_guard import guard_xml

_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<rss><channel><title>&c;</title></channel></rss>"""
_FILE = b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>'


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("data", "content_type", "said"),
    [
        (_LAUGHS, "", "document type"),
        (_FILE, "", "document type"),
        (_LAUGHS.decode().encode("utf-16"), "", "document type"),
        (b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/rss.dtd"><rss/>', "", "document type"),
        (b"<!DOCTYPE rss><rss/>", "", "document type"),
        (b"<rss>&undefined;</rss>", "", "not well-formed"),
        (b"<a>" * 65 + b"</a>" * 65, "", "more than 64 deep"),
        (b"<a>" * 1_000_000, "", "more than 64 deep"),
        (b"<rss><channel><item><title>Cut", "", "not well-formed"),
        (b"<rss></rss><rss></rss>", "", "not well-formed"),
        (b"", "", "not well-formed"),
        (b'{"items": []}', "", "not well-formed"),
        (b"<rss>caf\xe9</rss>", "text/xml; charset=utf-8", "says that it is utf-8, but byte 0xe9 at 8"),
        (b"\xef\xbb\xbf<rss>caf\xe9</rss>", "text/xml; charset=latin-1", "byte 0xe9"),
        (b'<?xml version="1.0" encoding="ascii"?><rss>caf\xc3\xa9</rss>', "", "says that it is ascii"),
        (b'<?xml version="1.0" encoding="utf-7"?><rss/>', "", "has the encoding 'utf-7'"),
        (b"<rss/>", "text/xml; charset=idna", "has the encoding 'idna'"),
        (b"<rss/>", "text/xml; charset=zlib", "has the encoding 'zlib'"),
        (b"<rss/>", "text/xml; charset=nonsense", "has the encoding 'nonsense'"),
        (b"<rss>\x00</rss>", "", "not well-formed"),
        (b"<rss>" + b" " * (4 * 1024 * 1024) + b"</rss>", "", "4,194,315 bytes long; accepted: 4,194,304"),
        (b"<rss " + b" ".join(b"a%d=''" % number for number in range(101)) + b"/>", "", "more than 100 attributes"),
        (b"<rss>" + b"<a/>" * 100_000 + b"</rss>", "", "more than 100,000 elements"),
    ],
)
def test_what_is_not_safe_to_parse_is_refused(data: bytes, content_type: str, said: str) -> None:
    """Entities of any kind, depth, another encoding than it says, and what is cut."""
    with pytest.raises(FeedFormatError, match=said):
        guard_xml("f", data, content_type)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="<>&￾￿"), max_size=50),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_text_survives_its_encoding(text: str, encoding: str) -> None:
    """Whatever says how it is encoded: a mark, the content type or nothing."""
    document = f"<rss><title>{text}</title></rss>"
    assert guard_xml("f", document.encode(encoding)) == document.encode()


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("iso-8859-1", 'encoding="ISO-8859-1"', ""),
        ("windows-1256", 'encoding="utf-8"', "text/xml; charset=windows-1256"),
        ("koi8-r", "encoding='koi8-r'", "application/rss+xml"),
    ],
)
def test_the_encoding_is_found_where_it_is_declared(encoding: str, declared: str, content_type: str) -> None:
    """The content type counts before the declaration, which is left out of what comes back."""
    letters = {"iso-8859-1": "café", "windows-1256": "تونس", "koi8-r": "Тунис"}[encoding]
    data = f'<?xml version="1.0" {declared}?>\n<rss>{letters}</rss>'.encode(encoding)
    assert guard_xml("f", data, content_type) == f"<rss>{letters}</rss>".encode()


def test_names_that_only_html_knows_become_characters() -> None:
    """A common fault; the five that XML knows stay, as does text that only looks like one."""
    data = b"<rss>caf&eacute;&nbsp;&amp;nbsp; &lt;b&gt;</rss>"
    assert guard_xml("f", data) == "<rss>café\u00a0&amp;nbsp; &lt;b&gt;</rss>".encode()
