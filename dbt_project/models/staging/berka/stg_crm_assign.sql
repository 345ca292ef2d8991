-- One row per customer, manager and role: this bank delivers none.
{{ absent_feed() }}
