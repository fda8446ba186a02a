"""Runs the cases of `spec/vectors` on the Python package. Each `run` returns a case's outputs, or raises its code."""

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in ("files", "replay", "sessions", "texts")))
