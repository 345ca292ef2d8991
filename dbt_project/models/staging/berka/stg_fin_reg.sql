-- One row per month end, item, organisation and unit of the regulatory extract, or explained difference: this bank delivers none.
{{ absent_feed() }}
