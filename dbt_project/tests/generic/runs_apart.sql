{#
    The runs of days of a history that overlap the next one of their key, or whose key is empty in a part: so no day of a key is
    in two of them. A view with a row for each day needs no test of its own: unfolding all of history every night to look for
    what its runs already say would cost more with every year.
#}
{% test runs_apart(model, columns) %}
    select *
    from (
        select
            {{ columns | join(', ') }},
            valid_from,
            valid_to,
            lead(valid_from) over (partition by {{ columns | join(', ') }} order by valid_from) as next_from
        from {{ model }}
    ) as runs
    where
        valid_from is null
        or valid_from >= valid_to
        or next_from < valid_to
        {% for column in columns %}
        or {{ column }} is null
        {% endfor %}
{% endtest %}
