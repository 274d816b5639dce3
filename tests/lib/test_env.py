from pathlib import Path

import pytest

from project import env


@pytest.fixture(autouse=True)
def list_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests read is no setting of the product."""
    monkeypatch.setattr(env, "SETTINGS", {})


def test_it_names_the_setting_that_is_not_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPM_EXAMPLE", "soon")
    with pytest.raises(env.BadSetting, match="EPM_EXAMPLE='soon' is not usable: expected whole number"):
        env.integer("EPM_EXAMPLE", 3, "An example.")


def test_it_reads_a_secret_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("EPM_EXAMPLE_FILE", str(tmp_path / "secret"))
    assert env.secret("EPM_EXAMPLE", "An example.", made_in=None) == "hush"


def test_it_makes_a_secret_once_and_keeps_it(tmp_path: Path) -> None:
    first = env.secret("EPM_EXAMPLE", "An example.", made_in=tmp_path / "made")
    assert first == env.secret("EPM_EXAMPLE", "An example.", made_in=tmp_path / "made")
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600


def test_it_refuses_to_guess_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(env.BadSetting, match="EPM_EXAMPLE must be set"):
        env.secret("EPM_EXAMPLE", "An example.", made_in=None)
