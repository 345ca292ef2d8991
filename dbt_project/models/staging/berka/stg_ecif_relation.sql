-- One row per tie between two parties: this bank delivers none.
{{ absent_feed() }}
