"""python -m adapters.shared_browser PORT PLACES [FLAG …]: see the package's words."""

import os
import sys

from PySide6.QtWidgets import QApplication

from adapters.shared_browser.lasting import make_lasting
from adapters.shared_browser.program import Program

if __name__ == "__main__":
    make_lasting()
    # Chromium's processes would hold our output open after our end, if they stand still then.
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    port, places, *flags = sys.argv[1:]
    application = QApplication([sys.argv[0], "--webEngineArgs", *flags])
    program = Program(int(port), int(places))
    sys.exit(application.exec())
