"""Take the texts of the core and of every plugin into their catalogues: `make messages`.

Each distribution has its own `translations/` folder; the catalogues of the two languages are made if missing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

LANGUAGES = ("pt_BR", "en")
_PYBABEL = str(Path(sys.executable).with_name("pybabel"))
_KEYWORDS = ("lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2", "_l", "t", "tn:1,2")
#: A catalogue whose texts did not change stays as it is: a new date would only make branches conflict.
_UPDATE = ("update", "--ignore-pot-creation-date", "--no-fuzzy-matching", "--ignore-obsolete", "--no-wrap")


def sources() -> list[tuple[Path, list[Path]]]:
    """(package, folders to read) of the core and of each plugin."""
    found = [(Path("core/ramal"), [Path("core/ramal"), Path("core/frontend/src")])]
    for package in sorted(file.parent for file in Path("plugins").glob("*/ramal_*/__init__.py")):
        found.append((package, [package, package.parent / "frontend" / "src"]))
    return found


def update(package: Path, folders: list[Path]) -> None:
    """Extract the texts of one distribution and merge them into its catalogues."""
    translations = package / "translations"
    with tempfile.NamedTemporaryFile(suffix=".pot") as template:
        keywords = [part for keyword in _KEYWORDS for part in ("-k", keyword)]
        existing = [str(folder) for folder in folders if folder.exists()]
        _babel("extract", "-F", "babel.cfg", *keywords, "--no-location", "-o", template.name, *existing)
        for language in LANGUAGES:
            catalogue = translations / language / "LC_MESSAGES" / "messages.po"
            action = _UPDATE if catalogue.exists() else ("init", "--no-wrap")
            _babel(*action, "-i", template.name, "-d", str(translations), "-l", language)


def _babel(*arguments: str) -> None:
    subprocess.run([_PYBABEL, "--quiet", *arguments], check=True)


if __name__ == "__main__":
    for source in sources():
        update(*source)
