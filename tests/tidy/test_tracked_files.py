"""Nothing that is tracked names a developer's machine or where packages were downloaded from."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written so that this file does not match itself.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(wor[k]|roo[t]|far[m]|Users)/[\w.]|/hom[e]/(?!<)\w+/")
REGISTRIES = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.org|crate[s]\.io|repo[1]?\.maven|"
    r"^\s*--?(extra-)?inde[x]-url|--find-link[s]",
    re.M,
)


def tracked_texts() -> list[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        try:
            texts.append((name, (ROOT / name).read_text()))
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture or an archive, or removed and not yet committed
    return texts


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files are tracked")
@pytest.mark.parametrize("pattern", [MACHINE_PATHS, REGISTRIES], ids=["machine", "registry"])
def test_tracked_files_name_no_place(pattern):
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_texts()
        for match in pattern.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATHS, "see /wor" + "k/main"),
        (MACHINE_PATHS, "in /hom" + "e/ada/x"),
        (REGISTRIES, "https://pyp" + "i.org/simple"),
        (REGISTRIES, "--index" + "-url x"),
    ],
)
def test_patterns_find(pattern, text):
    assert pattern.search(text)
