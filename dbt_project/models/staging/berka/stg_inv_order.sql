-- One row per order of investments: this bank delivers none.
{{ absent_feed() }}
