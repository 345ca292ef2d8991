"""The words and queries of ties: a mistake in them is an error that names the file, and no night is judged by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagmart.core.errors import TagmartError
from tagmart.gates.suite import load_suite
from tagmart.gates.ties import read_ties
from tests.tie_bank import changed_root


@pytest.mark.parametrize(("changes", "said"), [
    ({"feeds": ["gl_balnce"]}, "no bank has this feed"), ({"on_break": "theme"}, "only a theme has a name"),
    ({"on_break": "halt"}, "unknown word for `on_break`"), ({"tolerance": "a bit"}, "a tolerance is an amount or a share"),
    ({"tie": "t05_cards"}, "a tie is called as its file"), ({"colour": "red"}, "unknown key"),
    ({"known": [{"org": "B100"}]}, "a known difference says org, subject, ccy, amount, until and reason"),
    ({"each": "key", "tolerance": "1 %"}, "a share is allowed of lines only"),
    ({"reads": ["aum_bridges"]}, "a shared query is not there.*Did you mean 'aum_bridge'"),
])  # fmt: skip
def test_mistakes_in_a_block_are_errors(tmp_path: Path, changes: dict, said: str):
    folder = changed_root(tmp_path, "t05_card_debt", **changes) / "expectations" / "suites"
    with pytest.raises(TagmartError, match=said.replace("(", r"\(")):
        load_suite(folder, "ledger")


def test_a_query_without_a_block_is_an_error(tmp_path: Path):
    folder = changed_root(tmp_path, "t05_card_debt")
    (folder / "expectations" / "ties" / "t99_new.sql").write_text("select 1")
    with pytest.raises(TagmartError, match="belongs to no tie"):
        read_ties(folder / "expectations" / "suites")


def test_words_without_a_query_are_an_error(tmp_path: Path):
    folder = changed_root(tmp_path, "t05_card_debt")
    (folder / "expectations" / "ties" / "t05_card_debt.sql").unlink()
    with pytest.raises(TagmartError, match="a tie has no SQL"):
        read_ties(folder / "expectations" / "suites")
