-- One row per account or note and month: this bank delivers none.
{{ absent_feed() }}
