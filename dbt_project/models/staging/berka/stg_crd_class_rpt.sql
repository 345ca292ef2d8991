-- One row per month end, organisation and class of the class report: this bank delivers none.
{{ absent_feed() }}
