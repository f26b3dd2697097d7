"""Names the packages; everything else stands in setup.cfg.

`core/` is a source root and the top-level `migrations/` is a package inside `ramal`. setup.cfg can either
find packages under one folder or list them by hand; a list would be forgotten the day an area is added.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages("core"), "ramal.migrations", "ramal.migrations.versions"])
