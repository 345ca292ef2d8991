-- One row per merchant: this bank delivers none.
{{ absent_feed() }}
