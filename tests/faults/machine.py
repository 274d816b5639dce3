"""What only some machines have."""

import os
from typing import NoReturn

import pytest


def unavailable(why: str) -> NoReturn:
    """Skip the test and say why; where everything must be there (CI=true), fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and in CI nothing may be skipped")
    pytest.skip(why)
