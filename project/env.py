"""Strict, typed readers of the environment. Every setting the product has is read through here, once, at start-up.

A reader returns the parsed value or raises `BadSetting`, which names the variable and says what it should be. A setting
NAME may also come from a file named in NAME_FILE (for secrets handed over as files). What was read is listed in
`SETTINGS`, from which `manage.py configuration` writes docs/configuration.md.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what is expected."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment, as documented to operators."""

    name: str
    kind: str
    default: str
    help: str


SETTINGS: dict[str, Setting] = {}


def text(name: str, default: str | None, help: str) -> str:
    """A string; a default of None makes the setting compulsory."""
    return _read(name, "text", default, help, str)


def number(name: str, default: float, help: str, *, low: float = 0, high: float = float("inf")) -> float:
    """A decimal number within [low, high]; the help says the unit."""
    return _read(name, "number", f"{default:g}", help, lambda raw: _within(float(raw), low, high))


def integer(name: str, default: int, help: str, *, low: int = 0, high: int = 2**63) -> int:
    """A whole number within [low, high]; the help says the unit."""
    return _read(name, "whole number", str(default), help, lambda raw: int(_within(int(raw), low, high)))


def flag(name: str, default: bool, help: str) -> bool:
    """true or false."""
    return _read(name, "true | false", "true" if default else "false", help, _flag)


def choice(name: str, default: str, options: tuple[str, ...], help: str) -> str:
    """One of a few words."""

    def parse(raw: str) -> str:
        if raw not in options:
            raise ValueError(f"one of {', '.join(options)}")
        return raw

    return _read(name, " | ".join(options), default, help, parse)


def words(name: str, default: str, help: str) -> list[str]:
    """A comma-separated list."""
    return _read(name, "list, comma-separated", default, help, _words)


def networks(name: str, default: str, help: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks in CIDR notation."""
    return _read(name, "networks, comma-separated", default, help, lambda raw: [ip_network(w) for w in _words(raw)])


def secret(name: str, help: str, *, made_in: Path | None, make: Callable[[], str] = secrets.token_urlsafe) -> str:
    """A secret. Where `made_in` is given and the variable is not set, it is made once and kept in that file (mode 600)."""
    if name not in os.environ and f"{name}_FILE" not in os.environ and made_in is not None:
        _register(name, "secret", f"made on the first start, kept in {made_in.name}", help)
        return _kept_secret(made_in, make)
    return _read(name, "secret", None, help, str)


def _kept_secret(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(make())
    # Several processes may start at once: link() lets exactly one of them decide the secret.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def _read(name: str, kind: str, default: str | None, help: str, parse: Callable[[str], T]) -> T:
    _register(name, kind, default, help)
    raw = _raw(name, default)
    try:
        return parse(raw)
    except ValueError as error:
        raise BadSetting(f"{name}={raw!r} is not usable: expected {kind} ({error}). {help}") from error


def _raw(name: str, default: str | None) -> str:
    if name in os.environ:
        return os.environ[name].strip()
    if f"{name}_FILE" in os.environ:
        path = Path(os.environ[f"{name}_FILE"])
        try:
            return path.read_text().strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE={path} cannot be read: {error.strerror}") from error
    if default is None:
        raise BadSetting(f"{name} must be set.")
    return default


def _register(name: str, kind: str, default: str | None, help: str) -> None:
    SETTINGS[name] = Setting(name, kind, "(must be set)" if default is None else default, help)


def _flag(raw: str) -> bool:
    if raw.lower() not in ("true", "false"):
        raise ValueError("true or false")
    return raw.lower() == "true"


def _words(raw: str) -> list[str]:
    return [word.strip() for word in raw.split(",") if word.strip()]


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"between {low:g} and {high:g}")
    return value
