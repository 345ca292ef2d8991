{# The one date of a run. It lives in a one-row table and not in `--vars`, which would force a full parse. #}
{% macro biz_date() -%}
    (select run_context.biz_date from {{ source('ops', 'run_context') }} as run_context)
{%- endmacro %}

{# True where the bank has every one of the feeds named (names are those of the staging models, without `stg_`). #}
{% macro has_feeds(feeds) -%}
    (select {% for feed in feeds %}feed_present.{{ feed }}{{ ' and ' if not loop.last }}{% endfor %} from {{ source('ops', 'feed_present') }} as feed_present)
{%- endmacro %}

{#
    A value that needs feeds: NULL where the bank lacks one of them, whatever the value's own default says.
    An absent feed is not an empty one: "0 log-ins" of a bank that delivers no log-ins would be a false statement.
#}
{% macro when_fed(feeds, value) -%}
    case when {{ has_feeds(feeds) }} then {{ value }} end
{%- endmacro %}

{# True for the rows of a dated seed that hold at D for this bank; it stands where `run_context` is read. `seed` is the name the seed goes by. #}
{% macro in_force(seed) -%}
    {{ seed }}.bank in ('all', run_context.bank)
        and {{ seed }}.valid_from <= run_context.biz_date
        and ({{ seed }}.valid_to is null or {{ seed }}.valid_to >= run_context.biz_date)
{%- endmacro %}
