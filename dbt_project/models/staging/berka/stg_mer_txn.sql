-- One row per sale or refund at a merchant: this bank delivers none.
{{ absent_feed() }}
