-- One row per collateral or guarantee: this bank delivers none.
{{ absent_feed() }}
