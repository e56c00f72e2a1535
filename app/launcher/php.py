"""PHP, for the tests that run the receiver in PHP which the docs hand out.

Looked for once: without it those tests are skipped and say so, and nobody waits a second time.
"""

import shutil

from app.launcher.python_packages import PythonPackages
from app.launcher.steps import Narrator, SetupFailed
from app.launcher.system_packages import install_system_packages

_PACKAGES = {"apt-get": ["php-cli"], "dnf": ["php-cli"]}


def look_for_php(packages: PythonPackages, narrator: Narrator) -> None:
    """Install PHP where we may, unless that has been tried before."""
    tried = packages.folder / "linkwright-php-tried"
    if tried.exists() or shutil.which("php", path=packages.environment.get("PATH", "")):
        return
    tried.touch()
    try:
        install_system_packages(_PACKAGES, narrator, packages.environment)
    except SetupFailed as error:
        narrator.say(f"there is no PHP, so the receiver in PHP is not tested. {error}")
