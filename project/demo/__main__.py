"""make demo: a temporary instance, the story of a mail, an exit status that says whether every station was reached."""

import os
import sys
import tempfile
from pathlib import Path

import django

from project.demo.instance import temporary_instance
from project.demo.receiver import running_receiver

LEASE_SECONDS = "3"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="epm-demo-") as name, running_receiver() as receiver:
        folder = Path(name)
        settings = {
            "EPM_LEASE_SECONDS": LEASE_SECONDS,
            "EPM_SWEEP_SECONDS": "1",
            "EPM_LAUNCH_TIMEOUT": "3",
            "EPM_SIMULATOR_MAILDIR": str(folder / "arrived"),
        }
        with temporary_instance(folder, **settings) as instance:
            os.environ.update(instance.settings, DJANGO_SETTINGS_MODULE="project.settings")
            # Only now are the settings that this process reads those of the temporary instance.
            django.setup()
            from project.demo import story

            return story.play(instance, receiver)


if __name__ == "__main__":
    sys.exit(main())
