-- One row per control on an account (restricted): this bank delivers none.
{{ absent_feed() }}
