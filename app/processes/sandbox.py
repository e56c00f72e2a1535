"""The process that serves the stand-in page and its simulated phone."""

import asyncio
import os

from adapters.keys import load_keys
from adapters.sandbox.server import run_sandbox
from adapters.sandbox.settings import SandboxSettings
from app.settings import Settings


async def sandbox(settings: Settings) -> None:
    """Run the stand-in page and its phone on their own loopback port."""
    stand_in = SandboxSettings(
        port=settings.sandbox_port,
        time_scale=settings.sandbox_time_scale,
        state_file=settings.data / "sandbox.json",
        control_token=load_keys(os.environ, settings.key_file).sandbox_control,
    )
    async with run_sandbox(stand_in):
        await asyncio.Event().wait()
