-- One row per calendar day: this bank delivers none.
{{ absent_feed() }}
