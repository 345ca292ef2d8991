"""Make the seeds mcc, currency and region from the packages that keep these lists (`make codes`; `--check` only compares).

For maintainers: the packages are development dependencies, nothing at night needs them. `industry` and `phone_segment` have no
well-kept package and are kept by hand; every code table names its source and edition in its rows.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PERIOD = re.compile(r"(?:\[(\d*)-(\d*)\])?([^,\[]+)")

# What a bank asks of a merchant category: first code, last code, class. The first that fits counts.
MCC_CLASSES = (
    (742, 763, "farming"), (780, 1799, "building"), (2741, 2842, "business"), (3000, 3350, "travel"),
    (3351, 3500, "transport"), (3501, 3999, "travel"), (4000, 4299, "transport"), (4304, 4304, "travel"),
    (4411, 4582, "travel"), (4722, 4723, "travel"), (4784, 4789, "transport"), (4812, 4899, "telecom"),
    (4829, 4829, "finance"), (4900, 4900, "utilities"), (5013, 5199, "wholesale"), (5200, 5271, "home"),
    (5300, 5331, "supermarket"), (5399, 5399, "shopping"), (5411, 5411, "supermarket"), (5422, 5499, "food"),
    (5511, 5599, "car"), (5611, 5699, "clothing"), (5712, 5735, "home"), (5811, 5814, "catering"),
    (5815, 5818, "digital"), (5912, 5912, "health"), (5921, 5921, "food"), (5931, 5999, "shopping"),
    (6010, 6011, "cash"), (6012, 6540, "finance"), (7011, 7033, "travel"), (7210, 7299, "services"),
    (7311, 7399, "business"), (7512, 7549, "car"), (7622, 7699, "services"), (7800, 7999, "leisure"),
    (8011, 8099, "health"), (8111, 8111, "services"), (8211, 8299, "education"), (8351, 8351, "education"),
    (8398, 8699, "public"), (8734, 8999, "business"), (9000, 9999, "public"),
)  # fmt: skip


def mcc_rows() -> Iterator[tuple[str, ...]]:
    """Merchant category codes outside the ranges for private use, with the class that the bank sums them by."""
    import iso18245

    edition = f"ISO 18245:{iso18245.ISO_VERSION_YEAR} and card schemes' lists, iso18245 {version('iso18245')}"
    yield "mcc", "name_en", "class_code", "is_iso", "source", "edition"
    for item in iso18245.get_all_mccs():
        if item.range.reserved:
            continue
        names = (item.iso_description, item.visa_description, item.usda_description, item.mastercard_description,
                 item.stripe_description, item.alipay_description, item.amex_description)  # fmt: skip
        name = next(filter(None, names), "")
        code = int(item.mcc)
        kind = next((kind for low, high, kind in MCC_CLASSES if low <= code <= high), "other")
        is_iso = "true" if item.iso_description else "false"
        yield item.mcc, " ".join(name.split()), kind, is_iso, "ISO 18245", edition


def currency_rows() -> Iterator[tuple[str, ...]]:
    """Currencies in use, by their letters."""
    import pycountry

    yield "ccy", "numeric_code", "name_en", "source", "edition"
    for item in sorted(pycountry.currencies, key=lambda item: item.alpha_3):
        yield item.alpha_3, item.numeric, item.name, "ISO 4217", f"pycountry {version('pycountry')}"


def region_rows() -> Iterator[tuple[str, ...]]:
    """Regions of today and of former times: an ID number keeps the code of the year in which it was given."""
    from importlib.resources import files

    edition = f"python-stdnum {version('python-stdnum')}, cn/loc.dat"
    yield "region_code", "name", "level_code", "province", "from_year", "to_year", "source", "edition"
    prefix = province = ""
    for line in (files("stdnum") / "cn" / "loc.dat").read_text(encoding="utf-8").splitlines():
        found = re.fullmatch(r'( *)(\d+) (?:province|county)="(.*)"', line)
        if not found:
            continue
        indent, digits, text = found.groups()
        if not indent:
            prefix, province = digits, text
            yield digits + "0000", text, "province", text, "", "", "GB/T 2260", edition
        elif digits != "0000":
            level = "city" if digits.endswith("00") else "county"
            for first, last, name in PERIOD.findall(text):
                yield prefix + digits, name, level, province, first, last, "GB/T 2260", edition


TABLES = {"mcc": mcc_rows, "currency": currency_rows, "region": region_rows}


def text_of(rows: Iterator[tuple[str, ...]]) -> str:
    """Rows as the text of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    """Write the seeds, or say which are not what the packages say; returns the exit code."""
    stale = [
        name for name, rows in TABLES.items()
        if not (path := FOLDER / f"{name}.csv").is_file() or path.read_text(encoding="utf-8") != text_of(rows())
    ]  # fmt: skip
    if "--check" in arguments:
        print("\n".join(f"{name}.csv is not what its package says: run make codes" for name in stale) or "current")
        return 1 if stale else 0
    for name in stale:
        (FOLDER / f"{name}.csv").write_text(text_of(TABLES[name]()), encoding="utf-8")
    print(f"written: {', '.join(stale) or 'nothing, all current'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
