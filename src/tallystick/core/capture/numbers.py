"""Telephone numbers as E.164 digits without plus (ITU-T E.164, at most 15 digits)."""

from dataclasses import dataclass

import phonenumbers
import polars as pl

from tallystick.base.refusal import Refusal

SHORTEST_E164 = 7
LONGEST_E164 = 15
"""What has fewer digits is a short code and stays as dialled."""


@dataclass
class UnknownCountry(Refusal):
    code = "unknown_country"
    country: str = ""

    def sentence(self) -> str:
        return f"{self.country!r} is no country with a numbering plan; write two letters such as GB"


@dataclass(frozen=True, slots=True)
class DialPlan:
    """How numbers are written in one country, or, without country, internationally."""

    country: str | None
    calling_code: str
    trunk: str | None  # what stands before a national number: 0 in most of Europe
    trunk_is_plain: bool  # whether taking the trunk prefix away leaves the national number
    abroad: str  # what is dialled before an international number
    lengths: tuple[int, ...]  # of national numbers


def dial_plan(country: str | None) -> DialPlan:
    """The plan of an ISO 3166 country.

    :raises UnknownCountry: when it has no numbering plan
    """
    if country is None:
        return DialPlan(None, "", None, True, "00", ())
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if plan is None:
        raise UnknownCountry(country=country)
    abroad = plan.preferred_international_prefix or plan.international_prefix or ""
    return DialPlan(
        country=country,
        calling_code=str(plan.country_code),
        trunk=plan.national_prefix,
        trunk_is_plain=plan.national_prefix_for_parsing in (None, plan.national_prefix),
        abroad=abroad if abroad.isdigit() else "00",
        lengths=tuple(plan.general_desc.possible_length) if plan.general_desc else (),
    )


def normalise_numbers(numbers: pl.Series, *, country: str | None) -> pl.Series:
    """E.164 digits of each number, null where it is none.

    Plus, the international prefix, spaces, dashes, dots, brackets and slashes go. With a country,
    national numbers get its calling code. Digits without any prefix are taken as international
    where the country writes a trunk 0 before national numbers and they are valid so, and as
    national where their length is that of a national number. At most 6 digits are a short code.
    """
    plan = dial_plan(country)
    frame = pl.DataFrame({"number": numbers}, schema={"number": pl.String})
    digits = pl.col("number").str.replace_all(r"[\s\-().\u00A0/]", "")
    read = frame.with_columns(digits=digits).with_columns(e164=_by_prefix(plan))
    unclear = pl.col("e164") == ""
    found = read.filter(unclear).select(pl.col("digits").unique()).to_series()
    if len(found):
        by_plan = [_by_numbering_plan(number, plan=plan) for number in found]
        known = pl.DataFrame({"digits": found, "resolved": pl.Series(by_plan, dtype=pl.String)})
        read = read.join(known, on="digits", how="left", maintain_order="left")
        read = read.with_columns(e164=pl.when(unclear).then("resolved").otherwise("e164"))
    e164 = pl.col("e164")
    longest = pl.when(e164.str.len_bytes() <= LONGEST_E164).then(e164)
    return read.select(longest.alias(numbers.name)).to_series()


def _by_prefix(plan: DialPlan) -> pl.Expr:
    """E.164 digits as far as the prefix tells; empty text where the plan must be asked."""
    digits, code = pl.col("digits"), pl.lit(plan.calling_code)
    national = digits.str.len_bytes().is_in(plan.lengths)
    after_code = (digits.str.len_bytes() - len(plan.calling_code)).is_in(plan.lengths)
    chain = (
        pl.when(~digits.str.contains(r"^\+?[0-9]+$").fill_null(False))
        .then(None)
        .when(digits.str.starts_with("+"))
        .then(digits.str.slice(1))
        .when(digits.str.len_bytes() < SHORTEST_E164)
        .then(digits)
        .when(digits.str.starts_with(plan.abroad))
        .then(digits.str.slice(len(plan.abroad)))
    )
    if plan.country is None:
        return chain.otherwise(digits)
    if plan.trunk == "0" and plan.trunk_is_plain:
        chain = chain.when(digits.str.starts_with("0")).then(code + digits.str.slice(1))
    chain = chain.when(digits.str.starts_with(plan.calling_code) & after_code).then(digits)
    if plan.trunk != "0":
        chain = chain.when(national).then(code + digits)
    return chain.otherwise(pl.lit(""))


def _by_numbering_plan(digits: str, *, plan: DialPlan) -> str | None:
    try:
        abroad = phonenumbers.parse("+" + digits)
        if phonenumbers.is_valid_number(abroad):
            return digits
    except phonenumbers.NumberParseException:
        pass
    try:
        number = phonenumbers.parse(digits, plan.country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
