-- One row per company on a public list: this bank delivers none.
{{ absent_feed() }}
