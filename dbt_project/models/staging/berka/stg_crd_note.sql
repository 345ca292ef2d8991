-- One row per loan note and day: this bank delivers none.
{{ absent_feed() }}
