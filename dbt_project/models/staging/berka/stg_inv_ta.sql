-- One row per product and day of the registry: this bank delivers none.
{{ absent_feed() }}
