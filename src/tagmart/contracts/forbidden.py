"""Columns that are refused whatever a contract says: what proves to a bank that a person is that person (class C3)."""

from __future__ import annotations

import re

from tagmart.contracts.model import Column

# Words of a column name (between underscores, digits at their end dropped) and what they stand for.
NEVER = {
    "a password": {"password", "passwd", "pwd", "passcode", "pin", "secret"},
    "a card's verification number": {"cvn", "cvv", "cvc"},
    "a card's track data": {"track", "magstripe"},
    "a person's biometric features": {
        "biometric", "biometrics", "fingerprint", "faceprint", "faceid", "iris", "voiceprint", "palmprint",
    },
}
# The same in the headers of sources that write Chinese: parts of a name.
NEVER_ZH = {
    "a password": ("密码", "口令"),
    "a one-time code": ("验证码",),
    "a card's verification number": ("安全码",),
    "a card's track data": ("磁道",),
    "a person's biometric features": ("指纹", "人脸", "虹膜", "声纹", "掌纹"),
    "a card's expiry date": ("卡有效期", "卡片有效期"),
}
EXPIRY = re.compile(r"expir|valid_?(thru|until|to)|(^|_)exp(_|$)|exp_?(date|month|year)")
FACE = re.compile(r"(^|_)(face|voice|palm|finger)_(image|template|feature|print|id|hash|vector)")


def why_never(feed: str, column: Column) -> str | None:
    """Why this column may not be taken in, in words that follow "never takes in"; None where it may.

    Args:
        feed: the feed's name: an expiry date is refused where it is a card's.
        column: the column.
    """
    name = column.name.lower()
    words = {word.rstrip("0123456789") for word in name.split("_")}
    for reason, never in NEVER.items():
        if words & never:
            return reason
    for reason, parts in NEVER_ZH.items():
        if any(part in name for part in parts):
            return reason
    if FACE.search(name):
        return "a person's biometric features"
    of_card = bool({"card", "cc"} & (words | set(feed.lower().split("_"))))
    of_document = bool({"id", "doc", "cert"} & words)
    if of_card and not of_document and EXPIRY.search(name):
        return "a card's expiry date"
    return None
