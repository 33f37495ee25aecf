"""A Jupyter client gets a sandboxed kernel by the name of the provisioner alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

WAIT = 120


def run(client: BlockingKernelClient, source: str) -> str:
    """Run a cell and return what it prints."""
    printed: list[str] = []

    def note(message: dict) -> None:
        content = message["content"]
        printed.append(content.get("text", "") + "\n".join(content.get("traceback", [])))

    client.execute_interactive(source, timeout=WAIT, output_hook=note)
    return "".join(printed)


@pytest.fixture(scope="module")
def manager() -> Iterator[KernelManager]:
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        language="python",
        display_name="Python in a sandbox",
        interrupt_mode="message",
        metadata={"kernel_provisioner": {"provisioner_name": "rnnlib-sandbox"}},
    )
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def client(manager: KernelManager) -> Iterator[BlockingKernelClient]:
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=WAIT)
    yield client
    client.stop_channels()


def test_it_runs_cells(client: BlockingKernelClient) -> None:
    assert run(client, "import torch; print(torch.ones(2).sum().item())") == "2.0\n"


def test_it_sees_no_process_and_no_network(client: BlockingKernelClient) -> None:
    assert run(client, "import os; print(os.listdir('/proc'), os.getppid())") == "[] 0\n"
    source = (
        "import socket\ntry: socket.create_connection(('1.1.1.1', 53), 2)\n"
        "except OSError as e: print(e.errno)"
    )
    assert run(client, source) == "101\n"


def test_it_ends(manager: KernelManager, client: BlockingKernelClient) -> None:
    assert manager.is_alive()
    provisioner = manager.provisioner
    manager.shutdown_kernel(now=True)
    assert not provisioner.has_process
    assert provisioner.folder is None
