-- One row per company and month: this bank delivers none.
{{ absent_feed() }}
