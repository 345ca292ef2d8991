-- One row per contact with a customer, or hold-out: this bank delivers none.
{{ absent_feed() }}
