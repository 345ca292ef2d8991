-- One row per event of an id of a source system: this bank delivers none.
{{ absent_feed() }}
