"""A law is broken by a warning, too."""

import logging

import pytest


@pytest.fixture(autouse=True)
def no_warnings(caplog):
    yield
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
