"""The faults that can be planted, each with what must become of it. docs/faults.md is written from this list."""

from __future__ import annotations

from tagmart.contracts import Contract
from tagmart.synth.faults import files, rows
from tagmart.synth.faults.model import Fault

AGAIN = "Have the source send the delivery again, then run the night again."
MEND = "Ask the source whether the change is for good: if so change the contract, else have the delivery sent again."
ROWS = "`tagmart quarantine show`; have the source correct the rows, or mend and `tagmart quarantine replay` them."


def _has_header(contract: Contract) -> bool:
    return contract.form.header


def _lists_parts(contract: Contract) -> bool:
    return contract.files.control_form != "flag"


def _has_amount(contract: Contract) -> bool:
    return any(column.type.kind == "decimal" and column.required for column in contract.columns)


def _is_plain(contract: Contract) -> bool:
    return not contract.form.is_fixed


def _has_tail_total(contract: Contract) -> bool:
    return any(one.says.startswith("sum:") for one in contract.form.tail)


def _has_choice(contract: Contract) -> bool:
    return any(len(one.values) > 1 and one.name not in ("op", *contract.key) for one in contract.columns)


_HEADER = {"fits": _has_header, "needs": "a header"}

CATALOGUE: tuple[Fault, ...] = (
    # What goes wrong on the way.
    Fault("wrong_count", "core_txn", "refused", ("fewer rows",), "The control file counts a row too many.", AGAIN,
          files.wrong_count),
    Fault("wrong_total", "core_txn", "refused", ("the total of column",), "The control file declares 0.01 too much.", AGAIN,
          files.wrong_total, lambda contract: bool(contract.files.sums) and _lists_parts(contract), "totals in its control file"),
    Fault("wrong_md5", "core_bal", "refused", ("md5",), "A byte of the file was changed on the way.", AGAIN, files.wrong_md5,
          _lists_parts, "an md5 in its control file"),
    Fault("corrupted_control", "core_acct", "refused", ("the control file is corrupted",),
          "The control file holds something else.", AGAIN, files.corrupted_control, _lists_parts, "a control file with lines"),
    Fault("other_bank", "ecif_retail", "refused", ("is another bank's",), "The delivery is another bank's, and says so.",
          "Remove the delivery from the landing folder, tell its sender, and have this bank's sent.", files.other_bank,
          lambda contract: contract.files.control_form == "keys" or "bank" in {one.says for one in contract.form.head},
          "the bank in its control file or head record"),
    Fault("cut_file", "core_txn", "refused", ("truncated",), "The transfer ended half-way.", AGAIN, files.cut_file,
          _lists_parts, "bytes in its control file"),
    Fault("cut_archive", "core_bal", "refused", ("archive",),
          "The source packed the file half-way; the control file agrees with it.", AGAIN, files.cut_archive,
          lambda contract: contract.files.compression is not None, "packed files"),
    Fault("duplicate_part", "core_txn", "refused", ("a part has come twice",), "The same rows come as two parts.", AGAIN,
          files.duplicate_part),
    Fault("missing_part", "core_txn", "refused", ("missing",), "Of two parts, the first has not come.",
          "Wait until the source has written it, or have it sent.", files.missing_part),
    Fault("missing_journal", "core_txn", "late", ("no delivery for",), "Nothing of a journal has come.",
          "Have the source send it: a journal is never carried.", files.missing,
          lambda contract: contract.late.policy == "stop", "late: stop"),
    Fault("missing_held", "mkt_contact", "held", ("no delivery for", "keep their last good values"),
          "Nothing of a journal has come whose contract says `late: {hold: 2}`.",
          "Have the source send it; the next night fills the day. Then `tagmart restate` for the night that held.", files.missing,
          lambda contract: contract.late.policy == "hold", "late: {hold: …}"),
    Fault("missing_state", "ref_product", "carried", ("no delivery for", "is carried"), "Nothing of a state has come.",
          "Have the source send it; the night after its arrival takes it in.", files.missing,
          lambda contract: contract.late.policy == "carry", "late: carry"),
    Fault("control_absent", "pay_detail", "late", ("the control file has not come",),
          "The data files are there, the control file is not: the source may still be writing.",
          "Wait for the control file; the DAG waits for it without a worker.", files.control_absent,
          lambda contract: contract.late.policy == "stop", "late: stop"),
    Fault("control_absent_state", "ecif_contact", "carried", ("the control file has not come", "is carried"),
          "The data files of a state are there, its control file is not.",
          "Nothing tonight; have the source send the control file.", files.control_absent,
          lambda contract: contract.late.policy == "carry", "late: carry"),
    Fault("wrong_day_in_name", "inv_hold", "refused", ("the date in the file name",),
          "The file's name says the day after its folder's.", "Have the source say which date it is.", files.wrong_day_in_name),
    Fault("second_initial", "core_term", "refused", ("a second initial load",),
          "The day's delivery comes as another initial load.", "Have the source send the day's delivery instead.",
          files.second_initial),
    Fault("stranger", "core_txn", "warned", ("belongs to no feed",), "A file lies there that no contract knows.",
          "Have it sent under its agreed name, write its contract, or remove it.", files.stranger),
    Fault("resent", "core_txn", "warned", ("replaces",), "The delivery before the last comes again with a value changed.",
          "Nothing: it replaces the earlier one. Run that date again if its mart must have the correction.", files.resent,
          _has_choice, "a column of chosen values"),
    Fault("older_batch", "crd_note", "refused", ("the batch is older",),
          "The delivery before the last comes again from a batch that was replaced already.",
          "Have the source send the newest batch of that date.", files.older_batch,
          lambda contract: contract.files.control_form == "keys" or "batch_no" in {one.says for one in contract.form.head},
          "a batch number"),
    # What the source wrote.
    Fault("empty_feed", "core_txn", "refused", ("no rows",), "The delivery has no rows, and says so.",
          "Have the source look; if a day without rows is in order, write allow_empty: true.", rows.empty,
          lambda contract: not contract.allow_empty, "allow_empty: false"),
    Fault("shrunk_full", "ref_product", "refused", ("has shrunk",), "Half of a full delivery's rows are gone.",
          "If it is right: `tagmart accept FEED DATE --reason WHY`; else have it sent again.", rows.shrunk,
          lambda contract: contract.load == "full" and contract.row_date is None, "full states without a date of their own"),
    Fault("stale_date", "cc_acct", "refused", ("another date",), "The rows of the day before, under today's names.", AGAIN,
          rows.stale_date, lambda contract: contract.row_date is not None and contract.load == "full", "a date in its rows"),
    Fault("future_date", "chn_event", "quarantined", ("the delivery's date",), "A row is dated a week after the delivery.",
          ROWS, rows.future_date, lambda contract: contract.row_date is not None, "a date in its rows"),
    Fault("duplicate_key", "chn_event", "quarantined", ("duplicate key",), "A row comes twice: both are set aside.", ROWS,
          rows.duplicate_key),
    Fault("orphan_account", "core_txn", "warned", ("refer to what is not in core_acct",),
          "A posting on an account that the bank does not have.",
          "The row stays in `dwd` without a customer; ask core banking for the account.", rows.orphan_account,
          lambda contract: contract.feed == "core_txn", "postings"),
    Fault("letter_in_amount", "core_bal", "refused", ("decimal(18,2)",), "An amount ends in the letter O.", ROWS,
          rows.letter_in_amount, _has_amount, "an amount"),
    Fault("new_code", "chn_event", "quarantined", ("one of",), "A code that the contract does not know.", ROWS, rows.new_code,
          _has_choice, "a column of chosen values"),
    Fault("wrong_check_digit", "ext_list", "refused", ("unified social credit code",), "A number's last digit does not follow from the others.",
          ROWS, rows.wrong_check_digit, lambda contract: any(column.check for column in contract.columns), "check digits"),
    Fault("bad_bytes", "chn_event", "quarantined", ("encoding",), "Two bytes in a row are no letter.", ROWS, rows.bad_bytes,
          _is_plain, "separators"),
    Fault("mixed_encodings", "ref_product", "refused", ("encoding",), "Half of the rows are in another encoding.", AGAIN,
          rows.mixed_encodings),
    Fault("foreign_row", "core_txn", "refused", ("encoding", "it is UTF-8"),
          "A row is in UTF-8 among GB18030, and decodes as other letters.", ROWS, rows.foreign_row,
          lambda contract: contract.form.encoding in ("gb18030", "gbk") and _is_plain(contract), "GB18030 and separators"),
    Fault("changed_separator", "core_agreement", "refused", ("names none of the contract's columns",),
          "The source separates fields by something else.", MEND, rows.changed_separator, _has_header, "a header"),
    Fault("doubled_header", "chn_event", "quarantined", ("date %Y-%m-%d",),
          "A second header in the middle of the rows.", ROWS, rows.doubled_header, **_HEADER),
    Fault("missing_header", "core_bal", "refused", ("no header line",), "The header is left out.", AGAIN, rows.missing_header,
          **_HEADER),
    Fault("missing_tail", "crd_note", "refused", ("tail",), "The tail record is not there: the file may be cut off.", AGAIN,
          rows.missing_tail, lambda contract: bool(contract.form.tail), "a tail record"),
    Fault("wrong_tail_total", "crd_note", "refused", ("the total of column",), "The tail record declares another total.",
          AGAIN, rows.wrong_tail_total, _has_tail_total, "a total in its tail record"),
    # What the source changed.
    Fault("added_column", "ecif_contact", "refused", ("the contract does not know",), "The source has a new column.", MEND,
          rows.added_column, **_HEADER),
    Fault("renamed_column", "core_acct", "refused", ("renamed",), "The source calls a column otherwise.", MEND,
          rows.renamed_column, **_HEADER),
    Fault("moved_column", "core_bal", "refused", ("have moved",), "Two columns have changed places.", MEND, rows.moved_column,
          **_HEADER),
    Fault("removed_column", "inv_order", "refused", ("lacks column",), "The source has dropped a column.", MEND,
          rows.removed_column, **_HEADER),
    Fault("retyped_column", "core_bal", "refused", ("looks retyped",), "Amounts come with their currency behind them.", MEND,
          rows.retyped_column, lambda contract: _has_amount(contract) and not contract.form.is_fixed, "an amount, separators"),
    Fault("c3_column", "card_debit", "refused", ("tagmart never takes in",),
          "The source sends the verification numbers of cards.",
          "Have the source leave the column out, and remove this file.", rows.c3_column, **_HEADER),
)
