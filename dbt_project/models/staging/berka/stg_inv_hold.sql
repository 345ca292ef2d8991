-- One row per customer, product and day of holding: this bank delivers none.
{{ absent_feed() }}
