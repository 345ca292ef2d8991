-- One row per id of a source system: this bank has none.
{{ absent_feed() }}
