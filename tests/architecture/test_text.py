"""What stands in the repository's texts: links that lead somewhere, and no place that is only ours."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

_ROOT = Path(__file__).parents[2]
_PAGES = sorted(
    {*_ROOT.glob("*.md")}.union(*((_ROOT / folder).rglob("*.md") for folder in ("docs", "src", "indicators", "models")))
)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)

# Put together here, so that this file does not hold what it looks for.
_PLACES = ("/" + "work" + "/", "pypi" + ".org", "npm" + "js", "deb.debian" + ".org", "." + "library")


def _relative_links(text: str) -> list[str]:
    """Targets of a page's links that are neither addresses nor places on the page itself."""
    prose = _CODE.sub("", text)
    targets = _LINK.findall(prose) + _REFERENCE.findall(prose)
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:|#|//", target, re.IGNORECASE)]


def _broken(page: Path, text: str) -> list[str]:
    return [
        target
        for target in _relative_links(text)
        if not (page.parent / unquote(target.partition("#")[0].partition("?")[0])).exists()
    ]


def test_there_are_pages_to_read() -> None:
    """The one at the top among them."""
    assert _ROOT / "README.md" in _PAGES


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    """A reader who follows it finds something."""
    assert _broken(page, page.read_text(encoding="utf-8")) == []


def test_a_link_that_leads_nowhere_would_be_found() -> None:
    """Plain, with a fragment, with a title, as an image and as a reference; addresses and code are left alone."""
    text = (
        "[a](nowhere.md) [b](README.md#top) [c](docs/none.md#x 'y') ![d](<no.png>) [e](https://example.org/x.md)\n"
        '[f](#here) `[g](code.md)` [h](gone.md "title") [![i](badge.svg)](lost.md) [j](mailto:a@example.org)\n'
        "```\n[k](fenced.md)\n```\n[ref]: missing.md\n"
    )
    assert _broken(_ROOT / "README.md", text.replace(" 'y'", "")) == [
        "nowhere.md",
        "docs/none.md#x",
        "no.png",
        "gone.md",
        "lost.md",
        "missing.md",
    ]


def _tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (_ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of tracked files")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=_ROOT, capture_output=True, text=True, check=True)
    found = [_ROOT / name for name in listed.stdout.split("\0") if name]
    assert len(found) > 100
    return [file for file in found if file.is_file() and file != Path(__file__)]


def _places(data: bytes) -> list[str]:
    """Which of the places a file names; none for a file that is not text."""
    try:
        text = data.decode("utf-8").lower()
    except UnicodeDecodeError:
        return []
    return [place for place in _PLACES if place in text]


def test_no_tracked_text_names_a_place_that_is_only_ours() -> None:
    """Whoever clones the repository has other folders and other registries."""
    found = {str(file.relative_to(_ROOT)): places for file in _tracked() if (places := _places(file.read_bytes()))}
    assert found == {}


def test_a_place_that_is_only_ours_would_be_found() -> None:
    """In any case of letters; a word that only resembles one is none."""
    assert _places(f"see HTTPS://{_PLACES[1].upper()}/simple".encode()) == [_PLACES[1]]
    assert _places(f"cd {_PLACES[0]}main".encode()) == [_PLACES[0]]
    assert _places(b"a library at work, network/work") == []
    assert _places(b"\xff\xfe" + _PLACES[2].encode()) == []
