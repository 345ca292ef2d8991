-- One row per agreement of a customer: this bank delivers none.
{{ absent_feed() }}
