"""A stand-in for WhatsApp Web with a simulated phone: docs/reference/sandbox.md."""

from adapters.sandbox.server import RunningSandbox, create_sandbox, phone_link, run_sandbox
from adapters.sandbox.settings import SandboxSettings

__all__ = ["RunningSandbox", "SandboxSettings", "create_sandbox", "phone_link", "run_sandbox"]
