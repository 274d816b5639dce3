"""How every benchmark says what it measured: one JSON line a figure."""

import json


def emit(
    bench: str, figure: str, value: float, unit: str, *, peer: str | None = None, peer_value: float | None = None
) -> None:
    """Print one figure; `ratio` is ours over the peer's, measured in the same run."""
    ratio = round(value / peer_value, 3) if peer_value else None
    line = {"bench": bench, "figure": figure, "value": round(value, 2), "unit": unit}
    print(json.dumps({**line, "peer": peer, "peer_value": peer_value, "ratio": ratio}), flush=True)
