"""What the pages on moving over say is what there is."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.dropin.reference_of_erp import ERP
from app.dropin.reference_of_single_qr import SINGLE_QR
from app.http.openapi import documented_handlers
from tests.running_api import unserved_api

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {"move-from-erp-system-flow.md": set(ERP), "move-from-single-qr.md": set(SINGLE_QR)}


@pytest.mark.parametrize("page", PAGES)
def test_the_table_names_every_address_and_no_other(page: str):
    told = re.findall(r"^\| `([A-Z]+ /api/\S+)` \|", (HOW_TO / page).read_text(), re.MULTILINE)
    there = {
        f"{method.upper()} {path}"
        for path, method, handler in documented_handlers(unserved_api())
        if handler.opt["docs"] in PAGES[page]
    }
    assert set(told) == there


@pytest.mark.parametrize("page", PAGES)
def test_the_code_is_javascript(page: str, tmp_path: Path):
    node = shutil.which("node")
    assert node, "node is missing."
    blocks = re.findall(
        r"^ *```js\n(.*?)^ *```", (HOW_TO / page).read_text(), re.MULTILINE | re.DOTALL
    )
    assert blocks
    for block in blocks:
        file = tmp_path / "block.mjs"
        file.write_text(block)
        subprocess.run([node, "--check", str(file)], check=True, timeout=20)
