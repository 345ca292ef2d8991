-- One row per credit card account and statement month: this bank delivers none.
{{ absent_feed() }}
