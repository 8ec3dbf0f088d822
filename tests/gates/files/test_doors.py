"""What is turned away at the door, and what is let in packed."""

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest

from tallystick.base.refusal import Refusal
from tallystick.core.capture.decoded import Decoded, Format
from tallystick.core.capture.mapped import mapped_format
from tallystick.core.capture.read_mapping import read_mapping
from tallystick.gates.files import chunks
from tallystick.gates.files.streams import Limits
from tallystick.gates.files.usage import open_usage

COLUMNS = """
columns:
  record_id: id
  subject: {from: who, kind: username}
  kind: {constant: data}
  started_at: {from: at, format: "iso"}
  quantity: {from: n, unit: B}
"""
HEADER = "id,who,at,n\n"
LINE = "1,Zoë,2024-01-01T00:00:00Z,5\n"
TEXT = (HEADER + LINE).encode()


def delimited(*, encoding: str = "utf-8") -> Format:
    text = f"format: delimited\nencoding: {encoding}\n{COLUMNS}"
    return mapped_format(read_mapping(text, name="events"))


def parquet() -> Format:
    return mapped_format(read_mapping(f"format: parquet\n{COLUMNS}", name="events"))


def load(
    path: Path, *, format: Format | None = None, limits: Limits | None = None
) -> list[Decoded]:
    return list(open_usage(path, format=format or delimited(), limits=limits or Limits()))


def refusal(path: Path, *, format: Format | None = None, limits: Limits | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        load(path, format=format, limits=limits)
    return caught.value


def pack(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_what_cannot_be_opened_is_refused_at_once(tmp_path: Path) -> None:
    def code(path: Path) -> str:
        with pytest.raises(Refusal) as caught:
            open_usage(path, format=delimited())
        return caught.value.code

    assert code(tmp_path / "none.csv") == "file_missing"
    assert code(tmp_path) == "not_readable"
    assert code(write(tmp_path / "empty.csv", b"")) == "empty_file"
    assert code(Path("a\0b")) in ("not_readable", "file_missing")


@pytest.mark.parametrize("name", ["usage.csv", "usage.csv.gz", "usage.zip", "packed.dat"])
def test_text_is_read_plain_or_packed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "usage.csv":
        path.write_bytes(TEXT)
    elif name == "usage.zip":
        pack(path, ("folder/", b""), ("folder/usage.csv", TEXT))
    else:
        path.write_bytes(gzip.compress(TEXT))
    (decoded,) = load(path)
    assert decoded.usage["subject"].to_list() == ["Zoë"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + TEXT, TEXT.replace(b"\n", b"\r\n")])
def test_a_utf8_mark_and_windows_line_ends_are_welcome(tmp_path: Path, content: bytes) -> None:
    (decoded,) = load(write(tmp_path / "usage.csv", content))
    assert decoded.usage["record_id"].to_list() == ["1"]
    assert decoded.rejects.is_empty()


def test_latin_1_is_read_only_when_the_mapping_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "usage.csv", (HEADER + LINE).encode("latin-1"))
    (decoded,) = load(path, format=delimited(encoding="latin-1"))
    assert decoded.usage["subject"].to_list() == ["Zoë"]
    found = refusal(path)
    assert (found.code, found.parameters()["line"]) == ("unreadable_text", "2")
    assert refusal(write(path, TEXT.decode().encode("utf-16"))).code == "unreadable_text"


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a/../../b.csv"])
def test_an_archive_that_names_files_outside_itself_is_refused(tmp_path: Path, name: str) -> None:
    found = refusal(pack(tmp_path / "usage.zip", (name, TEXT)))
    assert found.code == "unsafe_archive"
    assert "outside itself" in found.sentence()


def test_an_archive_of_several_files_or_none_is_refused(tmp_path: Path) -> None:
    two = pack(tmp_path / "two.zip", ("a.csv", TEXT), ("b.csv", TEXT))
    assert "holds 2 files; load each on its own" in refusal(two).sentence()
    assert "holds 0 files" in refusal(pack(tmp_path / "none.zip", ("folder/", b""))).sentence()
    assert refusal(pack(tmp_path / "empty.zip", ("a.csv", b""))).code == "empty_file"


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_an_archive_made_to_fill_a_disk_is_refused(tmp_path: Path, kind: str) -> None:
    bomb = HEADER.encode() + LINE.encode() * 200_000
    path = tmp_path / f"usage.{kind}"
    if kind == "zip":
        pack(path, ("usage.csv", bomb))
    else:
        path.write_bytes(gzip.compress(bomb))
    assert refusal(path, limits=Limits(expansion_max=50, free_bytes=10_000)).code == (
        "unsafe_archive"
    )
    assert refusal(path, limits=Limits(unpacked_bytes_max=100_000)).code == "unsafe_archive"
    assert sum(part.usage.height for part in load(path)) == 200_000


def test_archives_cut_short_or_damaged_are_refused(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT * 100)
    assert refusal(write(tmp_path / "a.gz", packed[:-9])).code == "broken_archive"
    whole = pack(tmp_path / "a.zip", ("usage.csv", TEXT)).read_bytes()
    assert refusal(write(tmp_path / "b.zip", whole[:-30])).code == "broken_archive"
    damaged = bytearray(whole)
    damaged[45] ^= 0xFF
    assert refusal(write(tmp_path / "c.zip", bytes(damaged))).code == "broken_archive"


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "usage.csv", HEADER.encode() + b"x" * (chunks.LINE_BYTES_MAX + 9))
    found = refusal(path)
    assert (found.code, found.parameters()["line"]) == ("line_too_long", "2")


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 4096])
def test_lines_are_whole_however_the_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block_bytes)
    lines = [LINE.replace("1,", f"{at},", 1) for at in range(100)]
    path = write(tmp_path / "usage.csv", (HEADER + "".join(lines)).encode()[:-1])
    found = pl.concat([part.usage for part in load(path)])
    assert found["record_id"].to_list() == [str(at) for at in range(100)]
    assert found["line"].to_list() == list(range(2, 102))


def test_chunks_are_no_larger_than_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "usage.csv", (HEADER + LINE * 99).encode())
    parts = list(open_usage(path, format=delimited(), chunk_rows=10))
    assert [part.rows_in for part in parts] == [10] * 10


def table(**columns: pl.Series) -> pl.DataFrame:
    instant = pl.Series(["2024-01-01 01:00"]).str.to_datetime(time_zone="Europe/Berlin")
    good = {"id": pl.Series([1]), "who": pl.Series(["ada"]), "at": instant, "n": pl.Series([5])}
    return pl.DataFrame(good | columns)


def test_parquet_is_read_by_its_types(tmp_path: Path) -> None:
    path = tmp_path / "usage.parquet"
    cents = pl.Series(["5.250000001"]).cast(pl.Decimal(18, 9))
    table(n=cents, line=pl.Series(["not ours"])).write_parquet(path)
    (decoded,) = load(path, format=parquet())
    (row,) = decoded.usage.to_dicts()
    assert (row["record_id"], row["subject"], str(row["quantity"])) == ("1", "ada", "5.250000001")
    assert f"{row['started_at']:%Y-%m-%d %H:%M}" == "2024-01-01 00:00"


def test_a_rejected_row_of_a_table_is_kept_as_json(tmp_path: Path) -> None:
    path = tmp_path / "usage.parquet"
    table(n=pl.Series([-5])).write_parquet(path)
    (decoded,) = load(path, format=parquet())
    (reject,) = decoded.rejects.to_dicts()
    assert (reject["line"], reject["code"]) == (1, "quantity_negative")
    assert reject["raw"].startswith('{"id":"1","who":"ada","at":"2024-01-01T00:00:00')


def test_a_table_that_does_not_fit_the_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "usage.parquet"

    def said(frame: pl.DataFrame) -> str:
        frame.write_parquet(path)
        return refusal(path, format=parquet()).sentence()

    assert "it has no column n" in said(table().drop("n"))
    assert "quantity n is a binary float" in said(table(n=pl.Series([0.1])))
    assert "column who is" in said(table(who=pl.Series([["ada"]])))
    table().write_parquet(path)
    whole = path.read_bytes()
    assert refusal(write(path, whole[:-20]), format=parquet()).code == "not_a_table"
    assert refusal(write(path, TEXT), format=parquet()).code == "not_a_table"
    assert refusal(write(path, b"PAR1" + whole[200:]), format=parquet()).code in (
        "not_a_table",
        "broken_archive",
    )
