-- One row per closed month and organisation of the management accounts: this bank delivers none.
{{ absent_feed() }}
