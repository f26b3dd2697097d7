import sys
from pathlib import Path

try:
    import ramal.api
except ImportError:
    sys.path.insert(0, str(Path(__file__).parent))
    import _shim

    _shim.install()
