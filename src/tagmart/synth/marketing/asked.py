"""What campaigns ask of the investment room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Asked:
    """Purchases on top of customers' own: who, of which line (wm, fund), cents, on which trading day."""

    owner: np.ndarray
    line: np.ndarray
    cents: np.ndarray
    day: np.ndarray
