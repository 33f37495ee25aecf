"""What `grading.sandbox.provisioner` runs inside: an IPython kernel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from grading.sandbox import warm
from grading.sandbox.frames import Channel


def warm_up() -> None:
    """Import once what every kernel needs."""
    import ipykernel.kernelapp  # noqa: F401

    warm.torch()
    warm.matplotlib()


def serve(channel: Channel, connection: str) -> None:
    """Run a kernel until it is told to stop."""
    from ipykernel.kernelapp import IPKernelApp

    channel.close()
    os.environ.pop("JPY_PARENT_PID", None)
    file = Path("/tmp/connection.json")
    file.write_text(connection)
    sys.argv = ["ipykernel_launcher"]
    IPKernelApp.launch_instance(
        argv=["-f", str(file), "--HistoryManager.enabled=False", "--log-level=ERROR"]
    )
