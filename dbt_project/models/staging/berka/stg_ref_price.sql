-- One row per price, code and trading day: this bank delivers none.
{{ absent_feed() }}
