-- One row per terminal or code plate of a merchant: this bank delivers none.
{{ absent_feed() }}
