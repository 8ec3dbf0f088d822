"""The command `scenario`: stories played by scratch operators, and what in them does not hold."""

import re
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tallystick.gates.cli.answers import NOT_ALL_WELL, examples, progress_bar, tell_json
from tallystick.gates.cli.asking import AsJson, read_text

if TYPE_CHECKING:
    from tallystick.packs.stories.play import Outcome, Played
    from tallystick.packs.stories.steps import Story

app = typer.Typer()

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)]
Keep = Annotated[bool, typer.Option("--keep", help="Leave each story's operator to be looked at.")]


@app.command(
    epilog=examples("scenario tests/scenarios/mvno.story", "scenario *.story --keep --json")
)
def scenario(files: Files, keep: Keep = False, as_json: AsJson = False) -> None:
    """Play stories, each as a scratch operator, and say which expectations do not hold.

    What a story may say is in docs/concepts/stories.md. Exit code 3 when a step was refused or an
    expectation did not hold.
    """
    from tallystick.packs.stories.play import play_story
    from tallystick.wiring.discard import scratch_operator

    stories = read_stories(files)
    told = []
    for file, story in stories.items():
        with (
            scratch_operator(scratch_code(story.name), keep=keep) as code,
            progress_bar() as progress,
        ):
            played = play_story(story, folder=file.parent, code=code, progress=progress)
        told.append(_as_document(file, played, kept=keep))
        if not as_json:
            _show(file, played, kept=keep)
    if as_json:
        tell_json({"stories": told})
    raise typer.Exit(0 if all(one["well"] for one in told) else NOT_ALL_WELL)


def read_stories(files: list[Path]) -> dict[Path, "Story"]:
    """The stories of the files, before any of them is played.

    :raises StoryRefused: with every mistake in all of them
    :raises Refusal: when a file cannot be read
    """
    from tallystick.packs.stories.read import StoryMistake, StoryRefused, read_story

    stories: dict[Path, Story] = {}
    mistakes: list[StoryMistake] = []
    for file in files:
        try:
            stories[file] = read_story(read_text(file), file=str(file), name=file.stem)
        except StoryRefused as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise StoryRefused(mistakes=tuple(mistakes))
    return stories


def scratch_code(story: str) -> str:
    """A new operator's code that tells whose it is."""
    name = re.sub("[^a-z0-9]+", "-", story.lower()).strip("-")[:26]
    return f"story-{name}-{token_hex(3)}"


def _show(file: Path, played: "Played", *, kept: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(str(file), style="bold"))
    for outcome in played.outcomes:
        console.print(_in_words(outcome))
    failed = len(played.failed)
    said = f"{len(played.outcomes)} steps, {failed} not as they should be" if failed else (
        f"{len(played.outcomes)} steps, all as they should be"
    )  # fmt: skip
    console.print(Text(said, style="red" if failed else "green"))
    if kept:
        console.print(Text(f"kept as operator {played.operator}"))
    console.print()


def _in_words(outcome: "Outcome") -> Text:
    mark = Text("  ok  ", style="green") if outcome.ok else Text("  NO  ", style="red")
    line = mark + Text(f"{outcome.line:>4}  {outcome.day}  {outcome.step}")
    if not outcome.ok:
        line += Text(f"\n        expected  {outcome.expected}\n        found     {outcome.found}")
    elif outcome.found != outcome.expected:
        line += Text(f"  -> {outcome.found}", style="dim")
    return line


def _as_document(file: Path, played: "Played", *, kept: bool) -> dict[str, Any]:
    return {
        "file": file,
        "operator": played.operator if kept else None,
        "well": not played.failed,
        "steps": list(played.outcomes),
    }
