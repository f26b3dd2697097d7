"""Two walls between organizations, the ORM layer and row-level security: each holds without the other."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.pool import NullPool

from ramal.contacts.models import Contact
from ramal.database import session as database_session
from ramal.database.base import new_id
from ramal.database.session import (
    TenancyError,
    TenantSession,
    db,
    system_transaction,
    transaction,
    use_organization,
)
from ramal.inbox.models import Label, Message
from ramal.testing.factories import Factory, TestOrganization

ActingFor = Callable[[uuid.UUID], AbstractContextManager[None]]


@pytest.fixture
def ours(organization: TestOrganization, make: Factory) -> Contact:
    return make.contact("Ours")


@pytest.fixture
def theirs(other_organization: TestOrganization, make: Factory, acting_for: ActingFor) -> Contact:
    with acting_for(other_organization.id):
        return make.contact("Theirs")


# --- the ORM layer, with row-level security out of the way -----------------------------------------


@pytest.fixture
def unprotected(owner_engine: Engine, organization: TestOrganization) -> Iterator[TenantSession]:
    """A session of our organization on a role that sees every row: only the ORM layer is left."""
    with TenantSession(db, bind=owner_engine) as session:  # type: ignore[arg-type]
        session.get_bind = lambda *_arguments, **_options: owner_engine  # type: ignore[method-assign]
        session.info["organization_id"] = organization.id
        yield session
        session.rollback()


def names_seen(session: Any) -> set[str]:
    return set(session.execute(select(Contact.name)).scalars())


@pytest.mark.usefixtures("ours", "theirs")
def test_the_orm_layer_alone_hides_rows(unprotected: TenantSession, theirs: Contact) -> None:
    assert names_seen(unprotected) == {"Ours"}
    assert unprotected.get(Contact, theirs.id) is None
    assert unprotected.execute(select(Contact).where(Contact.id == theirs.id)).first() is None


@pytest.mark.usefixtures("ours")
def test_the_orm_layer_alone_keeps_changes_at_home(
    unprotected: TenantSession, theirs: Contact, owner_engine: Engine
) -> None:
    unprotected.execute(update(Contact).values(name="Changed"))
    unprotected.execute(delete(Contact).where(Contact.id == theirs.id))
    unprotected.commit()
    with owner_engine.connect() as connection:
        names = set(connection.execute(text("select name from contact")).scalars())
    assert names == {"Changed", "Theirs"}


def test_the_orm_layer_alone_refuses_rows_for_others(
    unprotected: TenantSession, other_organization: TestOrganization
) -> None:
    unprotected.add(Contact(name="Planted", organization_id=other_organization.id))
    with pytest.raises(TenancyError):
        unprotected.flush()


def test_the_orm_layer_refuses_to_guess_whose_rows(unprotected: TenantSession) -> None:
    del unprotected.info["organization_id"]
    with pytest.raises(TenancyError):
        unprotected.execute(select(Contact.name))
    unprotected.add(Contact(name="Nobody's", organization_id=uuid.uuid4()))
    with pytest.raises(TenancyError):
        unprotected.flush()


@contextmanager
def without_orm_layer() -> Iterator[None]:
    listener = database_session._hold_to_organization
    event.remove(TenantSession, "do_orm_execute", listener)
    try:
        yield
    finally:
        event.listen(TenantSession, "do_orm_execute", listener)


@pytest.mark.usefixtures("ours", "theirs")
def test_it_is_the_orm_layer_that_the_tests_above_see(unprotected: TenantSession) -> None:
    with without_orm_layer():
        assert names_seen(unprotected) == {"Ours", "Theirs"}
    assert names_seen(unprotected) == {"Ours"}


# --- row-level security, with the ORM layer out of the way ------------------------------------------


@pytest.fixture
def app_role(ramal_settings: Any) -> Iterator[Engine]:
    """The app role without any of our code in between."""
    engine = create_engine(ramal_settings.database_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@contextmanager
def acting_as(engine: Engine, organization_id: uuid.UUID | None) -> Iterator[Any]:
    with engine.connect() as connection, connection.begin() as work:
        if organization_id is not None:
            connection.execute(
                text("select set_config('ramal.organization_id', :id, true)"), {"id": str(organization_id)}
            )
        yield connection
        if work.is_active:
            work.rollback()


@pytest.mark.usefixtures("ours")
def test_row_security_alone_hides_rows(
    app_role: Engine, organization: TestOrganization, other_organization: TestOrganization, theirs: Contact
) -> None:
    query = text("select name from contact")
    with acting_as(app_role, organization.id) as connection:
        assert set(connection.execute(query).scalars()) == {"Ours"}
    with acting_as(app_role, other_organization.id) as connection:
        assert set(connection.execute(query).scalars()) == {"Theirs"}
    with acting_as(app_role, None) as connection:
        assert set(connection.execute(query).scalars()) == set()


@pytest.mark.usefixtures("ours")
def test_row_security_alone_keeps_changes_at_home(
    app_role: Engine, organization: TestOrganization, theirs: Contact
) -> None:
    with acting_as(app_role, organization.id) as connection:
        by_id = {"id": theirs.id}
        assert connection.execute(text("update contact set name = 'x' where id = :id"), by_id).rowcount == 0
        assert connection.execute(text("delete from contact where id = :id"), by_id).rowcount == 0


def test_row_security_alone_refuses_rows_for_others(
    app_role: Engine, organization: TestOrganization, other_organization: TestOrganization, ours: Contact
) -> None:
    values = {"id": new_id(), "organization_id": other_organization.id, "name": "Planted"}
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        acting_as(app_role, organization.id) as connection,
    ):
        connection.execute(insert(Contact.__table__).values(values))  # type: ignore[arg-type]
    moved = text("update contact set organization_id = :there where id = :id")
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        acting_as(app_role, organization.id) as connection,
    ):
        connection.execute(moved, {"there": other_organization.id, "id": ours.id})


@pytest.mark.usefixtures("ours")
def test_what_escapes_the_orm_layer_is_caught(theirs: Contact) -> None:
    """Core select, text(), Core INSERT: the ORM's criteria do not see them."""
    core = select(Contact.__table__.c.name)
    assert set(db.session.execute(core).scalars()) == {"Ours"}
    assert set(db.session.execute(text("select name from contact")).scalars()) == {"Ours"}
    planted = insert(Contact.__table__).values(  # type: ignore[arg-type]
        id=new_id(), organization_id=theirs.organization_id, name="Planted"
    )
    with pytest.raises(DBAPIError):
        db.session.execute(planted)


@contextmanager
def without_row_security(engine: Engine, table: str) -> Iterator[None]:
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))


@pytest.mark.usefixtures("ours", "theirs")
def test_it_is_row_security_that_the_tests_above_see(
    app_role: Engine, owner_engine: Engine, organization: TestOrganization
) -> None:
    query = text("select name from contact")
    db.session.rollback()
    with without_row_security(owner_engine, "contact"), acting_as(app_role, organization.id) as connection:
        assert set(connection.execute(query).scalars()) == {"Ours", "Theirs"}


# --- both together ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("ours")
def test_the_organization_cannot_change_in_the_middle(other_organization: TestOrganization) -> None:
    with transaction() as session:
        session.execute(select(Contact.name))
        with pytest.raises(TenancyError):
            use_organization(other_organization.id)


def test_loaded_rows_are_forgotten_with_the_organization(
    ours: Contact, other_organization: TestOrganization, acting_for: ActingFor
) -> None:
    assert db.session.get(Contact, ours.id) is not None
    with acting_for(other_organization.id):
        assert db.session.get(Contact, ours.id) is None


def test_the_organization_ends_with_its_transaction(organization: TestOrganization, ours: Contact) -> None:
    with transaction() as session:
        session.execute(select(Contact.name))
    with db.engine.connect() as connection:
        assert connection.execute(text("select current_setting('ramal.organization_id', true)")).scalar() in (None, "")


def test_a_row_cannot_point_into_another_organization(
    organization: TestOrganization, make: Factory, theirs: Contact
) -> None:
    channel = make.channel()
    with pytest.raises(DBAPIError):
        make.party(channel, theirs)


def test_the_audit_trail_cannot_be_rewritten(app_role: Engine, organization: TestOrganization) -> None:
    for statement in ("update audit_event set action = 'x'", "delete from audit_event", "truncate audit_event"):
        with pytest.raises(ProgrammingError, match="denied"), acting_as(app_role, organization.id) as connection:
            connection.execute(text(statement))


def test_the_system_role_reads_no_conversation(make: Factory) -> None:
    make.message()
    make.label()
    for table in ("message", "conversation", "contact", "label"):
        with pytest.raises(ProgrammingError, match="denied"), system_transaction() as session:
            session.execute(text(f"select 1 from {table}"))


def test_every_area_goes_through_the_same_session(make: Factory, organization: TestOrganization) -> None:
    message = make.message()
    assert isinstance(db.session(), TenantSession)
    assert db.session.execute(select(Message.organization_id)).scalar_one() == organization.id
    assert message.organization_id == organization.id
    assert db.session.execute(select(Label.id)).first() is None
