-- One row per risk questionnaire answered: this bank delivers none.
{{ absent_feed() }}
