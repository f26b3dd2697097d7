"""The echo channel as an installed one."""

import pytest
from flask import Flask

from ramal.testing import channels


@pytest.fixture(scope="session")
def ramal_app(ramal_app: Flask) -> Flask:
    channels.install(ramal_app)
    return ramal_app
