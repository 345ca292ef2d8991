"""The SQL of a model as dbt would compile it, without starting dbt: seconds matter to someone who tries a tag.

The project's own macros are used. What dbt itself would say (where a relation lies) is said by `relation_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tagmart.core.errors import TagmartError

# Layers whose relations drop their prefix: `dwd_party` is dwd.party.
PREFIXED = ("stg", "dwd", "dws")
TAGS = "tags"
SEEDS = "ref"
# Blocks that only dbt's own Jinja knows; a file with one of them holds no macro that a query calls.
ONLY_DBT = ("{% materialization", "{%- materialization", "{% test ", "{%- test ", "{% call ", "{%- call ")


def relation_of(name: str) -> str:
    """The relation of a model or seed in the warehouse, as `dwd.party`, `tags.tag_retail_dep`, `ref.parameter`."""
    layer, _, rest = name.partition("_")
    if layer in PREFIXED:
        return f"{layer}.{rest}"
    return f"{TAGS}.{name}" if layer in ("tag", "fold") else f"{SEEDS}.{name}"


def renderer(
    dbt_project: Path,
    ref: Callable[[str], str] = relation_of,
    source: Callable[[str, str], Any] = "{}.{}".format,
) -> Callable[[str], str]:
    """What resolves the Jinja of models: read the macros once, then any number of models.

    Args:
        dbt_project: whose macros are used.
        ref: the relation of a model or seed.
        source: the relation of a table that the night finds, by schema and name.

    Returns:
        A function of a model's text; it raises TagmartError if the model calls a macro that is not there.
    """
    from jinja2 import Environment, StrictUndefined, TemplateError

    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False, undefined=StrictUndefined)  # noqa: S701 - SQL
    words: dict[str, Any] = {
        "ref": ref, "source": source, "config": lambda **_: "", "execute": True, "env_var": lambda _, default="": default,
    }  # fmt: skip
    # Macros call one another, whatever file they stand in and whichever comes first: they are read as one.
    texts = (path.read_text(encoding="utf-8") for path in sorted((dbt_project / "macros").glob("*.sql")))
    macros = "\n".join(text for text in texts if not any(block in text for block in ONLY_DBT))
    module = environment.from_string(macros, globals=words).make_module()
    words |= {name: entry for name, entry in vars(module).items() if not name.startswith("_")}

    def render(sql: str) -> str:
        try:
            return environment.from_string(sql, globals=words).render()
        except TemplateError as error:
            raise TagmartError("a model cannot be rendered", where=str(dbt_project), seen=str(error)) from None

    return render


def rendered(sql: str, dbt_project: Path, ref: Callable[[str], str] = relation_of) -> str:
    """One model's SQL with its Jinja resolved; as `renderer`."""
    return renderer(dbt_project, ref)(sql)
