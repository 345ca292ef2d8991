-- One row per credit card account and day: this bank delivers none.
{{ absent_feed() }}
