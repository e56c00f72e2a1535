"""docs/reference/metrics.md lists every metric, and no other."""

import re
from pathlib import Path

from app.http.metrics import Metrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"


def test_every_metric_has_its_line() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    made = re.findall(r"^# TYPE (\w+) ", Metrics().render().decode(), re.MULTILINE)
    assert sorted(told) == sorted(name for name in made if not name.endswith("_created"))
