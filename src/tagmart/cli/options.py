"""Options that several verbs share, and how they become settings."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from tagmart.core.clock import parse_biz_date
from tagmart.core.settings import Settings

BankOption = Annotated[str | None, typer.Option("--bank", help="The bank; else TAGMART_BANK, else demo.")]
DateOption = Annotated[str | None, typer.Option("--date", help="Business date, such as 2026-06-30.")]


def settings_for(bank: str | None) -> Settings:
    """Settings of the bank named, or of the environment."""
    return Settings.load(bank)


def date_for(text: str | None, default: str) -> date:
    """The date given, or the default."""
    return parse_biz_date(text or default)
