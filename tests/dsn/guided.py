"""Reports bent by a fuzzer that watches which code they reach (atheris): it must never raise.

python -m tests.dsn.guided CORPUS -max_total_time=600      options as libFuzzer takes them; atheris has to be installed
"""

import sys

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports():
    from email_processor.inbound.classifying import read
    from email_processor.inbound.dsn.rows import rows


def read_anything(raw: bytes) -> None:
    read(raw)
    rows(raw)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()
