-- One row per account and complete month before the initial load: this bank delivers none.
{{ absent_feed() }}
