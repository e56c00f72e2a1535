"""python -m adapters.shared_browser PORT PLACES [FLAG …]: see the package's words."""

import sys

from PySide6.QtWidgets import QApplication

from adapters.shared_browser.program import Program

if __name__ == "__main__":
    port, places, *flags = sys.argv[1:]
    application = QApplication([sys.argv[0], "--webEngineArgs", *flags])
    program = Program(int(port), int(places))
    sys.exit(application.exec())
