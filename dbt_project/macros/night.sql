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
