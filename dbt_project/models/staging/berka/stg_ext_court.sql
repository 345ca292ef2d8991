-- One row per court case of a person: this bank delivers none.
{{ absent_feed() }}
