-- One row per instalment of a loan note: this bank delivers none.
{{ absent_feed() }}
