-- One row per entry on a credit card account: this bank delivers none.
{{ absent_feed() }}
