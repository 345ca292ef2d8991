-- One row per agency payment contract: this bank delivers none.
{{ absent_feed() }}
