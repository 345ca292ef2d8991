-- One row per instalment plan of a credit card account: this bank delivers none.
{{ absent_feed() }}
