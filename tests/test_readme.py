"""What the READMEs promise: the example prints what it says, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "build" for part in path.parts)
    and not any(parent.is_symlink() for parent in path.parents)
)


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


def test_the_example_prints_what_the_readme_says():
    (program,) = blocks(ROOT / "README.md", "python")
    (expected,) = blocks(ROOT / "README.md", "text")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == expected, done.stderr


@pytest.mark.parametrize("path", READMES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_link_leads_to_a_file(path):
    prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", prose)
    own = [t for t in targets if not re.match(r"\w+:", t)]
    assert [t for t in own if not (path.parent / t).exists()] == []


@pytest.mark.parametrize("folder", ["theanolike/compile", "theanolike/gradient"])
def test_the_readme_of_a_folder_names_each_file(folder):
    text = (ROOT / folder / "README.md").read_text()
    files = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert files == set(re.findall(r"`(\w+\.py)`", text))


def test_each_test_named_in_the_table_of_differences_exists():
    text = (ROOT / "theanolike" / "README.md").read_text()
    table = text.partition("## Differences from Theano")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", table))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []
