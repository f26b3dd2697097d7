"""Every plugin of this repository keeps the contract."""

from pathlib import Path

from ramal.testing.plugin_contract import plugin_contract

ROOT = Path(__file__).resolve().parents[2]

for _folder in sorted((ROOT / "plugins").glob("*/setup.cfg")):
    globals()[f"TestContract_{_folder.parent.name}"] = plugin_contract(_folder.parent.name)
