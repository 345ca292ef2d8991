-- One row per settlement to a merchant: this bank delivers none.
{{ absent_feed() }}
