"""Companies of the demo bank: who they are, their accounts, loans, ties and what registers say of them."""

from tagmart.synth.corporate.companies import Companies, make_companies
from tagmart.synth.corporate.ledger import CorporateLedger, Settlements, make_ledger
from tagmart.synth.corporate.registers import Registers, make_registers

__all__ = ["Companies", "CorporateLedger", "Registers", "Settlements", "make_companies", "make_ledger", "make_registers"]
