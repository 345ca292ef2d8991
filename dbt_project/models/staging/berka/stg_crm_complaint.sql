-- One row per complaint: this bank delivers none.
{{ absent_feed() }}
