"""The package lists against the folders, and what gets installed."""

import tomllib
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import pytest

import theanolike

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["setuptools"]["packages"]
DIRECTORIES = PROJECT["tool"]["setuptools"]["package-dir"]


def folder(package):
    """Return the folder of a package in the checkout, without the links."""
    for prefix, place in DIRECTORIES.items():
        if package == prefix or package.startswith(f"{prefix}."):
            return ROOT / place / Path(*package[len(prefix) :].split("."))
    return ROOT / Path(*package.split("."))


def packages_in_the_tree():
    for top in ("theanolike", "codegen", "cache"):
        for found in (ROOT / top).rglob("__init__.py"):
            parts = found.parent.relative_to(ROOT).parts
            if not any((ROOT / Path(*parts[:n])).is_symlink() for n in range(1, 3)):
                yield ".".join(parts if top == "theanolike" else ("theanolike", *parts))


def test_the_package_list_is_what_the_folders_hold():
    assert sorted(packages_in_the_tree()) == PACKAGES


@pytest.mark.parametrize("name", ["codegen", "cache"])
def test_the_links_stand_in_the_checkout(name):
    link = ROOT / "theanolike" / name
    assert link.is_symlink()
    assert link.resolve() == (ROOT / name).resolve()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_folder_with_sources_is_a_package(package):
    below = [
        child
        for child in folder(package).iterdir()
        if child.is_dir() and not child.is_symlink() and list(child.glob("*.py"))
    ]
    assert [child for child in below if not (child / "__init__.py").exists()] == []


def test_each_data_pattern_finds_a_file():
    for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items():
        folders = [folder(p) for p in (PACKAGES if package == "*" else [package])]
        for pattern in patterns:
            assert any(list(f.glob(pattern)) for f in folders), (package, pattern)


def test_the_header_is_found_through_the_installed_package():
    header = resources.files("theanolike.codegen") / "include" / "theanolike" / "abi.h"
    assert header.is_file()


def test_the_version_is_that_of_the_project_file():
    assert theanolike.__version__ == PROJECT["project"]["version"]
    assert version("theanolike") == PROJECT["project"]["version"]


def test_only_numpy_and_blas_are_required():
    names = [need.partition(">")[0] for need in PROJECT["project"]["dependencies"]]
    assert names == ["numpy", "scipy-openblas32"]


def test_the_changelog_has_an_entry_for_this_version():
    assert f"## [{theanolike.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
