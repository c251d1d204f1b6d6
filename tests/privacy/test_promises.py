"""Every promise is a test that is named after it, or is listed in docs/privacy.md as not kept, with the reason."""

import re

from tests.house.house import ROOT

PROMISES = range(1, 29)


def with_a_test():
    """Numbers of the promises that have a test, anywhere."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return {int(number) for text in texts for number in re.findall(r"^def test_p(\d\d)_", text, re.MULTILINE)}


def listed(title):
    """Numbers in the table below a title of docs/privacy.md."""
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    section = page.split(f"## {title}\n")[1].split("\n## ")[0]
    return [int(number) for number in re.findall(r"^\| P(\d+) \|.*\| .+ \|$", section, re.MULTILINE)]


def test_every_promise_is_kept_by_a_test_or_listed_with_the_reason():
    kept, broken = listed("What is promised"), listed("What is not promised")
    assert sorted({*kept, *broken}) == list(PROMISES)
    assert set(kept) <= with_a_test()


def test_no_test_keeps_a_promise_that_nobody_made():
    assert with_a_test() <= set(PROMISES)
