-- One row per identity check: this bank delivers none.
{{ absent_feed() }}
