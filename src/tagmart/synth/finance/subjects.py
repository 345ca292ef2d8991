"""The chart of accounts of the demo bank: names after 企业会计准则, sub-subjects of its own."""

from __future__ import annotations

# Behind the subject of a note, the subject of its principal that is overdue.
OVERDUE = "9"
CASH, CENTRAL_BANK, DISCOUNT = "1001", "1003", "1301"
ADVANCE, CARD, PROVISION = "1306", "1305", "1304"
INTEREST_PAYABLE, CARD_CREDIT = "2231", "2241"
CLEARING, INTERNAL, EXCHANGE, PAYROLL = "3001", "3002", "3003", "3005"
INVEST, LENDING, CARDS, BILLS, OTHER = "3011", "3021", "3022", "3023", "3099"
EQUITY, INTEREST_INCOME, FEE_INCOME, INTEREST_EXPENSE = "4101", "6011", "6021", "6411"
ACCEPTANCE, GUARANTEE, CREDIT_LETTER, COMMITMENT = "7001", "7002", "7003", "7005"
OFF_BALANCE_CONTRA = "7999"


def is_on_balance(subject: str) -> bool:
    """False for subjects off the balance sheet."""
    return not subject.startswith("7")
