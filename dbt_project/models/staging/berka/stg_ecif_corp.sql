-- One row per company in the customer file: this bank delivers none.
{{ absent_feed() }}
