{#
    Keep a table in the order of a column (config `in_order_of`), though every night adds its rows at the end. Whoever folds
    a partial reads it customer by customer: in order, the rows of a customer lie together, and a fold takes half the time.
    Rows written since the table was last laid out have the highest row numbers; it is laid out anew when they are more than
    a tenth of it, which is once a month of a year's history, and seldom of a longer one.
#}
{% macro daily_order(store) %}
    {%- set column = config.get('in_order_of') -%}
    {%- if column -%}
        {%- set mine = "model = '" ~ model.name ~ "'" -%}
        {%- set laid = run_query('select max(row_cnt) from ops.daily_order where ' ~ mine).rows[0][0] or 0 -%}
        {%- set found = run_query('select count(*), count(*) filter (where rowid >= ' ~ laid ~ ') from ' ~ store).rows[0] -%}
        {%- if found[1] * 10 > found[0] -%}
            {%- set within = 'valid_from' if config.get('key') else adapter.quote(config.require('date_column')) -%}
            {%- do run_query('create or replace table ' ~ store ~ ' as from ' ~ store ~ ' order by ' ~ column ~ ', ' ~ within) -%}
            {%- do run_query('delete from ops.daily_order where ' ~ mine) -%}
            {%- do run_query("insert into ops.daily_order values ('" ~ model.name ~ "', " ~ found[0] ~ ')') -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
