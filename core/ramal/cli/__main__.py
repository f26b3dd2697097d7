"""``python -m ramal.cli``: the command, for processes that start each other."""

from ramal.cli import main

main(prog_name="ramal")
