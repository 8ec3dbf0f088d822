"""What a story may not say is told with its line, all of it at once."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.packs.stories.read import StoryRefused, read_story
from tallystick.packs.stories.steps import (
    Business,
    CustomerKind,
    OpenAccount,
    Pay,
    StartContract,
    TakeUsage,
)

WELL = """
# a comment
business mvno
  2026-01-01 account A1 "Ada  Example" consumer bill-day 31 segment "gold card"
2026-01-01 contract C1 of A1 offer x until 2026-02-01 msisdn 1 "sim card" 2
2026-01-01 contract C2 of A1 offer y
2026-01-02 usage radius <<STOP
# kept

 2026-01-01 END
STOP
2026-01-02 pay A1 1.50 card
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_steps_have_their_lines_days_and_values(newline: str) -> None:
    story = read_story(WELL.replace("\n", newline), file="f", name="well")
    assert story.business == Business("mvno", None)
    one, two = date(2026, 1, 1), date(2026, 1, 2)
    texts = [step.text for step in story.steps]
    assert story.steps == (
        OpenAccount(
            4,
            one,
            texts[0],
            "A1",
            "Ada  Example",
            CustomerKind.CONSUMER,
            31,
            "gold card",
            None,
            None,
            None,
            None,
        ),
        StartContract(
            5,
            one,
            texts[1],
            "C1",
            "A1",
            "x",
            None,
            date(2026, 2, 1),
            None,
            None,
            (("msisdn", "1"), ("sim card", "2")),
        ),
        StartContract(6, one, texts[2], "C2", "A1", "y", None, None, None, None, ()),
        TakeUsage(7, two, texts[3], "radius", b"# kept\n\n 2026-01-01 END\n"),
        Pay(12, two, texts[4], "A1", Decimal("1.50"), "card", None, None),
    )
    assert texts[4] == "pay A1 1.50 card"


MISTAKES = """
business own.yaml                                     | and its price list
business mvno catalogue prices.yaml                   | name a pack
business                                              | NAME is missing
bill run                                              | a line begins with its day
buisness mvno                                         | 'buisness' is not a word
2026-02-30 bill run                                   | '2026-02-30' is not a day
2026-01-01                                            | '' is no step
2026-01-01 expect rain                                | expect invoice ACCOUNT net NET
2026-01-01 acount A1                                  | account NUMBER NAME
2026-01-01 account A2 Ada Example consumer bill-day 1 | (NAME in quotation marks with spaces)
2026-01-01 bill walk                                  | bill rehearse
2026-01-01 refused unknown_account                    | it does not say what is refused
2026-01-01 refused unknown_account expect books balance | only what is done can be refused
2026-01-01 refused unknown_account rain               | a step begins with one of: accept, account
2026-01-01 bill run now                               | 'now' is too much; write: bill run
2026-01-01 account A1 Ada consumer bill-day 32        | '32' is not a day of the month
2026-01-01 account A1 Ada human bill-day 1            | not one of consumer, business
2026-01-01 account A1 "Ada consumer bill-day 1        | a quotation mark is not closed
2026-01-01 account A1 Ada consumer billday 1          | 'billday' stands where 'bill-day' belongs
2026-01-01 contract C1 of A1 offer x until            | UNTIL is missing
2026-01-01 contract C1 of A1 offer x msisdn           | 'msisdn' is half of one
2026-01-01 pay A1 1,50 bank                           | '1,50' is not a number
2026-01-01 pay A1 1.50 shells                         | not one of bank, card
2026-01-01 usage nem12                                | its rows stand in a block
2026-01-01 rate <<END                                 | the block begun here has no end
2026-01-01 expect rejects x -1                        | '-1' is not a whole number
2026-01-01 expect invoice A1 net 1 tax 1 total 2 gbp  | is not a currency code
2026-01-01 online event line m-1 voice 1 min          | 'min' stands where 'of' belongs
2026-01-01 online event line m-1 voice 1 of min at 9  | '9' is not a time of the day
2026-01-01 online expire at 05:59                     | 05:59 is before 06:00 of that day
2026-01-01 online stop S1                             | online release SESSION
"""


@pytest.mark.parametrize("row", MISTAKES.strip().splitlines(), ids=lambda row: row[:50].strip())
def test_a_mistake_is_told_with_its_line_and_how_to_mend_it(row: str) -> None:
    said, _, told = row.partition("|")
    head = "" if said.startswith("business") else "business mvno\n"
    with pytest.raises(StoryRefused) as refused:
        read_story(f"{head}{said.strip()}\n", file="my.story", name="my")
    sentence = refused.value.sentence()
    assert told.strip() in sentence
    assert sentence.startswith(f"my.story:{2 if head else 1}: ")


MANY = """\
2026-01-02 bill run
2026-01-01 rate
business mvno
2026-01-03 rate <<A
A
2026-01-03 nothing
"""


def test_a_time_of_the_day_is_not_before_the_one_before() -> None:
    steps = [
        "2026-01-01 online expire at 10:00",
        "2026-01-01 rate",
        "2026-01-01 refused x online expire at 09:59",
        "2026-01-02 online expire at 09:00",
    ]
    with pytest.raises(StoryRefused) as refused:
        read_story("\n".join(["business mvno", *steps]), file="f", name="f")
    told = [(one.line, one.message) for one in refused.value.mistakes]
    assert told == [(4, "09:59 is before 10:00 of that day; a story goes forward")]


def test_all_mistakes_are_told_at_once_in_order() -> None:
    with pytest.raises(StoryRefused) as refused:
        read_story(MANY, file="f", name="f")
    told = [(one.line, one.message.split(";")[0]) for one in refused.value.mistakes]
    assert told == [
        (2, "2026-01-01 is before 2026-01-02"),
        (3, "a story has one business, named before its first day"),
        (4, "there is no block of lines in this step"),
        (6, "'nothing' is no step of a story"),
    ]


@pytest.mark.parametrize("text", ["", "business mvno\n", "# nothing\n"])
def test_a_story_in_which_nothing_happens_is_refused(text: str) -> None:
    with pytest.raises(StoryRefused):
        read_story(text, file="f", name="f")
