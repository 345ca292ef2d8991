-- One row per payment on a loan note: this bank delivers none.
{{ absent_feed() }}
