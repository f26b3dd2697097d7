"""An organization with a connected test channel, and what tests do with them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from ramal.app import create_app
from ramal.channels.models import ConnectedChannel
from ramal.channels.context import secrets_purpose
from ramal.channels.registry import registry
from ramal.config import Settings
from ramal.database import crypto
from ramal.database.base import new_id
from ramal.database.session import db, system_transaction, transaction, use_organization
from ramal.testing.channels import EchoChannel


@pytest.fixture(scope="session")
def app(postgres_urls, tmp_path_factory) -> Flask:
    settings = Settings(
        database_url=postgres_urls.app_url, database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url, secret_keys=("k" * 32,), data_dir=tmp_path_factory.mktemp("data"),
    )
    app = create_app(settings)
    app.testing = True
    with app.app_context():
        registry().add(EchoChannel(), "test")
    return app
