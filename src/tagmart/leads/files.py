"""Lead files: one lead per YAML file under models/leads/<entity>/<code>.yml, and the contract of what leads may read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml

KINDS = ("marketing", "service", "warning")
LETTERS = {"retail": "R", "corporate": "C", "merchant": "M"}
# Touch channels, as rules name them (DOMAIN.md B).
CHANNELS = (
    "sms", "mbox", "push", "call", "robot", "wecom", "wechat", "terminal", "lobby", "qr", "link", "visit",
)  # fmt: skip
MAIN = "main"
OWN, ONCE, NONE = "own", "once", "none"
NEEDED = (
    "lead_id", "code", "zh", "en", "entities", "line", "owner", "kind", "priority", "cool", "life", "dedupe", "inputs",
    "evidence", "script",
)  # fmt: skip
INPUTS = ("events", "tags_before", "tags")
# Of the tags named here one that the bank has feeds for is enough: the detector asks for any of them.
ANY_OF = "any_of"
OPTIONAL = ("product", "channels", "holdout", "variants")
CONTRACT = "contract.yml"


@dataclass(frozen=True)
class LeadContract:
    """What detectors may read.

    Attributes:
        events: models of dwd.
        tags_before: entity → tag → type; what a night keeps of the last good run of the day before.
        tags: entity → tags of the night itself.
        withheld: those of the events whose very rows disclose (controls): what a trigger made of them is told to nobody.
    """

    events: tuple[str, ...]
    tags_before: dict[str, dict[str, str]]
    tags: dict[str, tuple[str, ...]]
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A label and a script of a lead; its kind; whom it goes to, where that is not the chain of managers; and what of the lead's inputs it needs."""

    code: str
    zh: str
    en: str
    kind: str
    script_zh: str
    script_en: str
    to: str
    events: tuple[str, ...]
    tags_before: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def is_intraday(self) -> bool:
        """Could it be evaluated within the day: on one feed of events and tags of the day before, with the same result?"""
        return len(self.events) == 1 and not self.tags


@dataclass(frozen=True)
class Lead:
    """One lead file, read and checked for form.

    Attributes:
        lead_id: the stable number, such as L-R-0001; code: its name, and that of its detector.
        entities: whose customers it may be about.
        line, owner: business line and department.
        priority: 1 comes first.
        cool_days: days without a second lead of the same key; 0 is none; None says that a key is raised once and never again.
        life_days: days until it expires; None where the detector says it.
        dedupe: what the key names besides lead and customer, in words.
        product: product line for the rules of reach; empty if none.
        events, tags_before, tags: what the detector reads.
        any_of: those of the tags of which one with its feeds is enough.
        evidence_zh, evidence_en: what its evidence is.
        channels, holdout: of its campaign; no channels, no campaign.
        variants: labels and scripts; the first is `main`.
        where: the file, for messages.
    """

    lead_id: str
    code: str
    entities: tuple[str, ...]
    line: str
    owner: str
    priority: int
    cool_days: int | None
    life_days: int | None
    dedupe: str
    product: str
    events: tuple[str, ...]
    tags_before: tuple[str, ...]
    tags: tuple[str, ...]
    any_of: tuple[str, ...]
    evidence_zh: str
    evidence_en: str
    channels: tuple[str, ...]
    holdout: float
    variants: tuple[Variant, ...]
    where: str


def load_contract(leads_dir: Path) -> LeadContract:
    """Read models/leads/contract.yml.

    Raises:
        TagmartError: if it is not there or has not its form.
    """
    path = leads_dir / CONTRACT
    raw = _yaml(path, f"models/leads/{CONTRACT}")
    try:
        return LeadContract(
            tuple(raw["events"]), {entity: dict(tags) for entity, tags in raw["tags_before"].items()},
            {entity: tuple(tags) for entity, tags in raw["tags"].items()}, tuple(raw["withheld"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise TagmartError("the contract of the leads has not its form", where=str(path), seen=repr(error),
                           do="give it events, withheld, tags_before and tags") from None


def load_leads(leads_dir: Path) -> list[Lead]:
    """Read every lead file, ordered by code.

    Raises:
        TagmartError: for the first file that is not a lead, reads what the contract does not name, or shares id or code
            with another.
    """
    contract = load_contract(leads_dir)
    paths = sorted(path for path in leads_dir.rglob("*.yml") if path.name != CONTRACT)
    leads = sorted((_load(path, leads_dir) for path in paths), key=lambda lead: lead.code)
    for lead in leads:
        _within(lead, contract)
    for name in ("lead_id", "code"):
        seen: dict[str, str] = {}
        for lead in leads:
            value = getattr(lead, name)
            if value in seen:
                raise TagmartError(f"two leads have the {name} {value}", where=lead.where, seen=seen[value],
                                   do="give one of them another")
            seen[value] = lead.where
    return leads


def _load(path: Path, leads_dir: Path) -> Lead:
    where = path.relative_to(leads_dir.parent.parent).as_posix()
    raw = _yaml(path, where)
    for name in raw:
        if name not in NEEDED + OPTIONAL:
            raise TagmartError(f"unknown field '{name}'", where=where, do=nearest(str(name), NEEDED + OPTIONAL))
    for name in NEEDED:
        if name not in raw:
            raise TagmartError(f"the field {name} is missing", where=where, do="fill it in")
    inputs, texts = raw["inputs"], (raw["evidence"], raw["script"])
    if not all(isinstance(text, dict) and {"zh", "en"} <= set(text) for text in texts):
        raise TagmartError("evidence and script need zh and en", where=where)
    for name in inputs:
        if name not in (*INPUTS, ANY_OF):
            raise TagmartError(f"unknown input '{name}'", where=where, do=nearest(str(name), (*INPUTS, ANY_OF)))
    lead = Lead(
        lead_id=raw["lead_id"], code=raw["code"], entities=tuple(raw["entities"]), line=raw["line"], owner=raw["owner"],
        priority=raw["priority"], cool_days=None if raw["cool"] == ONCE else raw["cool"],
        life_days=None if raw["life"] == OWN else raw["life"], dedupe=str(raw["dedupe"]), product=raw.get("product", ""),
        events=tuple(inputs["events"]), tags_before=tuple(inputs["tags_before"]), tags=tuple(inputs["tags"]),
        any_of=tuple(inputs.get(ANY_OF, ())),
        evidence_zh=raw["evidence"]["zh"], evidence_en=raw["evidence"]["en"], channels=tuple(raw.get("channels", ())),
        holdout=float(raw.get("holdout", 0)), variants=_variants(raw), where=where,
    )  # fmt: skip
    _check(lead, path)
    return lead


def _variants(raw: dict) -> tuple[Variant, ...]:
    """`main`, which is the lead itself, and those that say otherwise."""
    others = dict(raw.get("variants", {}))
    own = others.pop(MAIN, {})
    main = Variant(MAIN, raw["zh"], raw["en"], raw["kind"], raw["script"]["zh"], raw["script"]["en"], "", **_needs(own, raw))
    return (main, *(
        Variant(code, said["zh"], said["en"], said.get("kind", main.kind), said["script"]["zh"], said["script"]["en"],
                said.get("to", ""), **_needs(said, raw))
        for code, said in others.items()
    ))  # fmt: skip


def _needs(said: dict, raw: dict) -> dict[str, tuple[str, ...]]:
    """What a variant needs of the lead's inputs: all of them, but where it says less."""
    inputs = {**raw["inputs"], **said.get("inputs", {})}
    return {name: tuple(inputs[name]) for name in INPUTS}


def _check(lead: Lead, path: Path) -> None:
    """Refuse what no night could evaluate."""
    folder = path.parent.name
    wrong = next(
        (what for is_wrong, what in (
            (path.stem != lead.code, "the file is not called after the code"),
            (folder not in LETTERS, "the folder is no entity"),
            (not lead.lead_id.startswith(f"L-{LETTERS.get(folder)}-"), "the number does not begin as the folder asks"),
            (not set(lead.entities) <= set(LETTERS), "an entity is unknown"),
            (any(variant.kind not in KINDS for variant in lead.variants), f"the kind is not one of {', '.join(KINDS)}"),
            (lead.priority not in (1, 2, 3), "the priority is not 1 to 3"),
            (not isinstance(lead.cool_days, int | None), "cool is no number of days and not `once`"),
            (not isinstance(lead.life_days, int | None), "life is no number of days and not `own`"),
            (not set(lead.channels) <= set(CHANNELS), f"a channel is not one of {', '.join(CHANNELS)}"),
            (not 0 <= lead.holdout < 1, "the hold-out is no share"),
            (not set(lead.any_of) <= set(lead.tags_before) | set(lead.tags), "any_of names what is no tag of the lead"),
            (any(not set(getattr(variant, name)) <= set(getattr(lead, name)) for variant in lead.variants for name in INPUTS),
             "a variant needs what the lead does not declare"),
            (any({one for variant in lead.variants for one in getattr(variant, name)} != set(getattr(lead, name)) for name in INPUTS),
             "the lead declares what no variant needs"),
            (bool(lead.channels) and lead.variants[0].kind == "warning", "a warning is never a campaign"),
        ) if is_wrong), "",
    )  # fmt: skip
    if wrong:
        raise TagmartError(wrong, where=lead.where, seen=lead.lead_id, do="see models/README.md")


def _within(lead: Lead, contract: LeadContract) -> None:
    """Refuse inputs that the contract does not name."""
    before = {tag for tags in contract.tags_before.values() for tag in tags}
    known = {"events": set(contract.events), "tags_before": before, "tags": {tag for tags in contract.tags.values() for tag in tags}}
    for name, allowed in known.items():
        for one in getattr(lead, name):
            if one not in allowed:
                raise TagmartError(f"the contract of the leads names no {name} '{one}'", where=lead.where,
                                   do=nearest(one, allowed) or f"add it to models/leads/{CONTRACT}")


def _yaml(path: Path, where: str) -> dict:
    try:
        raw = read_yaml(path)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise TagmartError("the file is not YAML", where=where, seen=str(error).replace("\n", " ")) from None
    if not isinstance(raw, dict):
        raise TagmartError("the file has no fields", where=where, do=f"give it {', '.join(NEEDED)}")
    return raw
