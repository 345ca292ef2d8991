-- One row per product: this bank delivers none.
{{ absent_feed() }}
