-- One row per limit: this bank delivers none.
{{ absent_feed() }}
