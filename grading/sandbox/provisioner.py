"""A Jupyter kernel in the sandbox, for any client: JupyterLab, nbclient, nbgrader's own Execute.

Jupyter finds it by its entry point, ``jupyter_client.kernel_provisioners``. A kernel uses it if its
``kernel.json`` says ``"metadata": {"kernel_provisioner": {"provisioner_name": "rnnlib-sandbox"}}``,
or if ``KernelProvisionerFactory.default_provisioner_name`` is set to that name.

The sandbox has no network, so messages go through sockets in a folder of their own, the only thing
that the kernel shares with the host.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Dict

from grading.sandbox.confine import SHARED
from grading.sandbox.limits import Limits
from grading.sandbox.zygotes import Process, Zygote

MODULE = "grading.sandbox.kernel"
SOCKETS = "k"  # the address of a Unix socket is short: at most 107 bytes with its folder
POLL_SECONDS = 0.05


class SandboxProvisioner(KernelProvisionerBase):
    """Starts a kernel in a sandbox of its own and ends it."""

    limits = Dict(help="Fields of grading.sandbox.limits.Limits.").tag(config=True)

    zygote: Zygote | None = None
    process: Process | None = None
    folder: Path | None = None

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Have the kernel and its client meet in a folder, whatever they were told to use."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="kernel-"))
            self.folder.chmod(0o733)  # the kernel may be another user, and may not look around
        manager: Any = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / SOCKETS)
        for at, name in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{name}_port", at)
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=["ipykernel"], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        loop = asyncio.get_running_loop()
        if self.zygote is None:  # importing the libraries takes seconds
            self.zygote = await loop.run_in_executor(
                None, lambda: Zygote([MODULE], shared=self.folder)
            )
        inside = self.connection_info | {"ip": f"{SHARED}/{SOCKETS}", "transport": "ipc"}
        text = json.dumps(inside, default=bytes.decode)
        self.process = self.zygote.fork(
            f"{MODULE}:serve", Limits(**self.limits), [text], shared=True
        )
        return self.connection_info

    async def poll(self) -> int | None:
        if self.process is None:
            return 0
        return 1 if self.process.ended() else None

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        if self.process is not None:
            self.process.end()
            self.process = None
        return 0

    async def send_signal(self, signum: int) -> None:
        if self.process is not None:
            self.process.signal(signum)

    async def kill(self, restart: bool = False) -> None:
        if self.process is not None:
            self.process.end()
            self.process = None

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        if restart:
            return
        if self.zygote is not None:
            self.zygote.close()
            self.zygote = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
