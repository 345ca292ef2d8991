"""The night board in the terminal: it fits one screen, the worst first."""

from __future__ import annotations

from rich.markup import escape

from tagmart.night.board import CARRIED, TAKEN, Board, duration, headline
from tagmart.night.show import MARKS, console
from tagmart.night.turn import BACKFILL

COLOURS = {"good": "green", "warn": "yellow", "bad": "red", "idle": "cyan"}
# Names written out of a list of feeds.
MOST_FEEDS = 12
# Characters written out of what a gate says: `tagmart gate show` has all.
MOST_WORDS = 240


def show_board(now: Board) -> None:
    """Print the board."""
    tone, zh, en = headline(now)
    date = f" · {now.run['biz_date']} · run {now.run['run_id']}" if now.run else ""
    console.rule(f"{now.bank}{date} · [{COLOURS[tone]}]{zh} {en}[/]")
    _when(now)
    _feeds(now)
    if now.run:
        _stages(now)
    for gate in now.gates:
        console.print(f"{gate['gate']:<10} [{COLOURS[gate['tone']]}]{gate['good']} of {gate['all']} hold[/] {gate['zh']} {gate['en']}")
    for turn in now.waits:
        who = "a backfill" if turn["kind"] == BACKFILL else "the nightly run"
        _line("waits", f"{who}, {turn['biz_date']}: {turn['reason']}")
    _line("needs", "[green]nobody 无需处理[/]" if not now.needs else f"{len(now.needs)} 项 thing(s)")
    for need in now.needs:
        said = f": {escape(need.said[:MOST_WORDS])}{'…' if len(need.said) > MOST_WORDS else ''}" if need.said else ""
        console.print(f"  [{COLOURS[need.tone]}]{need.zh} {escape(need.en)}[/] ({escape(need.owner)}){said}", soft_wrap=True)
        console.print(f"    {escape(need.do)} → [bold]{escape(need.command)}[/]", soft_wrap=True)
    if now.published is None:
        _line("published", "nothing yet 尚未发布")
    else:
        behind = "of yesterday 为昨日" if now.behind == 0 else f"{now.behind} day(s) behind yesterday 落后昨日 {now.behind} 天"
        # The words of the stamp; a file of an earlier version has none.
        stamp = f" · {now.published['zh']} {now.published['en']}" if now.published.get("zh") else ""
        _line("published", f"{now.published['biz_date']} · run {now.published['run_id']} · {behind}{stamp}")


def _when(now: Board) -> None:
    """How long it has taken, when it will be done, when it must be."""
    if now.run is None:
        return
    words = [f"{duration(now.seconds)} so far" if now.run["status"] == "running" else f"took {duration(now.seconds)}"]
    if now.ends:
        words.append(f"expected to be published at {now.ends:%H:%M} (usual time of past nights)")
    elif now.run["status"] == "running":
        words.append("no past night says how long it takes")
    if now.deadline:
        words.append(f"due by {now.deadline:%H:%M}")
    _line("time", " · ".join(words))


def _feeds(now: Board) -> None:
    """What has come and what has not."""
    if now.feeds:
        late = [feed for feed in now.feeds if feed["status"] not in TAKEN]
        carried = sum(feed["status"] == CARRIED for feed in late)
        _line("feeds", f"{len(now.feeds) - len(late)} of {len(now.feeds)} of the day"
              + (f" · [yellow]{carried} carried[/]" if carried else "") + (f" · [red]{len(late) - carried} refused or missing[/]" if len(late) > carried else ""))
        for feed in late[:MOST_FEEDS]:
            colour = "yellow" if feed["status"] == CARRIED else "red"
            console.print(f"  [{colour}]{feed['feed']}[/] {feed['status']}: {escape(str(feed['message']))}", soft_wrap=True)
    elif now.missing is not None and now.run:
        _line("feeds", f"[yellow]not there yet: {_named(now.missing)}[/]" if now.missing else "all that are due are there")
    if now.following:
        day, count, missing = now.following
        _line("next night", f"{day}: {count - len(missing)} of {count} deliveries are there"
              + (f" · not yet: {_named(missing)}" if 0 < len(missing) < count else ""))


def _stages(now: Board) -> None:
    """Each stage that has begun, and in one line those to come."""
    for step in now.steps:
        if step.status != "waiting":
            usual = f"usually {duration(step.usual)}" if step.usual is not None else ""
            slow = " [red]slow 偏慢[/]" if step.is_slow else ""
            console.print(f"  {MARKS[step.status]} {step.name:<9} {duration(step.seconds):>8}  [dim]{usual:<16}[/] {escape(step.said[:200])}{slow}",
                          soft_wrap=True)
    rest = [step.name for step in now.steps if step.status == "waiting"]
    if rest:
        _line("to come", ", ".join(rest))


def _named(feeds: tuple[str, ...]) -> str:
    """Feeds by name, as many as can be read."""
    return ", ".join(feeds[:MOST_FEEDS]) + (f" and {len(feeds) - MOST_FEEDS} more" if len(feeds) > MOST_FEEDS else "")


def _line(name: str, words: str) -> None:
    console.print(f"{name:<10} {words}", soft_wrap=True)
