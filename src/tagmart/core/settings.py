"""Where things are. One home belongs to one bank, and refuses another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tagmart.core.errors import TagmartError

BANK_MARK = "BANK"
SHARED = "TAGMART_PARSED"


def project_root() -> Path:
    """The checkout: TAGMART_ROOT if set, else the folder above src/ that holds dbt_project."""
    if root := os.environ.get("TAGMART_ROOT"):
        return Path(root).resolve()
    return Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Settings:
    """Paths of one bank's home and of the checkout.

    Attributes:
        root: the checkout.
        bank: the bank's code, a folder name under expectations/contracts.
        home: TAGMART_HOME of this bank.
    """

    root: Path
    bank: str
    home: Path

    @classmethod
    def load(cls, bank: str | None = None, home: str | Path | None = None) -> Settings:
        """Settings from the arguments, else TAGMART_BANK and TAGMART_HOME, else bank `demo` in var/demo.

        Raises:
            TagmartError: if the bank has no contracts.
        """
        root = project_root()
        bank = bank or os.environ.get("TAGMART_BANK") or "demo"
        home = Path(home or os.environ.get("TAGMART_HOME") or root / "var" / bank).absolute()
        settings = cls(root=root, bank=bank, home=home)
        if not settings.contracts_dir.is_dir():
            banks = sorted(path.name for path in settings.contracts_dir.parent.iterdir() if path.is_dir())
            raise TagmartError(
                "there is no such bank", where="TAGMART_BANK", seen=repr(bank), do=f"use one of {', '.join(banks)}"
            )
        return settings

    @property
    def landing(self) -> Path:
        """Where files arrive; another folder through TAGMART_LANDING."""
        return Path(os.environ.get("TAGMART_LANDING") or self.home / "landing").absolute()

    @property
    def quarantine(self) -> Path:
        """Rows that broke a contract, one file per feed and date, readable by the owner only."""
        return self.home / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The working database of the nights: ods, dwd, dws, tags."""
        return self.home / "warehouse.duckdb"

    @property
    def state_db(self) -> Path:
        """Arrivals, runs, gates and publishes; can be asked while the warehouse is locked."""
        return self.home / "state.sqlite"

    @property
    def runs(self) -> Path:
        """Working folders of runs, one per run_id."""
        return self.home / "runs"

    @property
    def published(self) -> Path:
        """What readers see: <biz_date>/<run_id>/tagmart.duckdb, `current`, status.json."""
        return self.home / "published"

    @property
    def parquet(self) -> Path:
        """Published tables as Parquet, one folder per run: what `across` and exports are made of."""
        return self.published / "parquet"

    @property
    def candidate(self) -> Path:
        """The link to the folder of the run that is being built: dbt attaches through it, so its paths never change."""
        return self.home / "candidate"

    @property
    def dbt_project(self) -> Path:
        """The dbt project of the checkout."""
        return self.root / "dbt_project"

    @property
    def specs_dir(self) -> Path:
        """Tag specs: what a data engineer edits."""
        return self.dbt_project / "tag_specs"

    @property
    def parses(self) -> Path:
        """What is read from the project's text once and kept: the home's own, or that which TAGMART_PARSED lets homes share."""
        return Path(os.environ.get(SHARED) or self.home / "dbt").absolute()

    @property
    def contracts_dir(self) -> Path:
        """The contracts of this bank's feeds."""
        return self.root / "expectations" / "contracts" / self.bank

    @property
    def suites_dir(self) -> Path:
        """The expectations of the gates."""
        return self.root / "expectations" / "suites"

    @property
    def rules_dir(self) -> Path:
        """The rules of the business."""
        return self.root / "models" / "rules"

    @property
    def leads_dir(self) -> Path:
        """The event leads of the business."""
        return self.root / "models" / "leads"

    @property
    def entities_file(self) -> Path:
        """Which tags say who manages a customer: for rules."""
        return self.root / "models" / "entities.yml"

    @property
    def lists_dir(self) -> Path:
        """Imported lists as they are declared: what they are, not whom they name."""
        return self.root / "models" / "lists"

    @property
    def lists_home(self) -> Path:
        """Whom imported lists name, readable by the owner only: customer numbers stay with the bank."""
        return self.home / "lists"

    def run_dir(self, run_id: str) -> Path:
        """The working folder of a run."""
        return self.runs / run_id

    def claim_home(self) -> None:
        """Create the home, readable by its owner only, and mark it as this bank's.

        Raises:
            TagmartError: if the home already belongs to another bank.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark = self.home / BANK_MARK
        if mark.exists():
            owner = mark.read_text(encoding="utf-8").strip()
            if owner != self.bank:
                raise TagmartError(
                    f"this home belongs to bank '{owner}'",
                    where=str(self.home),
                    seen=f"bank '{self.bank}'",
                    do="give every bank its own TAGMART_HOME",
                )
        else:
            # Somebody may have made the folder, for everybody to read.
            self.home.chmod(0o700)
            fresh = mark.with_name(f".{BANK_MARK}.new")
            fresh.write_text(self.bank + "\n", encoding="utf-8")
            os.replace(fresh, mark)
        for folder in (self.quarantine, self.runs, self.published):
            folder.mkdir(exist_ok=True, mode=0o700)

    def environment(self) -> dict[str, str]:
        """The environment of every tool that a stage starts: this bank and home, and nobody is called."""
        return {
            **os.environ,
            "TAGMART_ROOT": str(self.root),
            "TAGMART_BANK": self.bank,
            "TAGMART_HOME": str(self.home),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
        }
