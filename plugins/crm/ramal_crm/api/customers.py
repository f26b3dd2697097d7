"""Customers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_crm.models import Customer
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.schemas.customers import (
    CustomerChangesSchema,
    CustomerQuery,
    CustomerSchema,
    MergeSchema,
    NewCustomerSchema,
    NewLinkSchema,
    WholeCustomerSchema,
)
from ramal_crm.schemas.settings import TagsSchema
from ramal_crm.services import customers, tags
from ramal_crm.services.customers import Filters

api = ApiBlueprint("customers", __name__, plugin="crm", url_prefix="/customers", description="Customers")
#: Filters of the list that have the same name here and there.
_SAME = ("kind", "tag", "group_id", "owner_id", "contact_id", "archived")


@api.get("/")
@require_permission(VIEW)
@api.arguments(CustomerQuery, location="query")
@api.response(200, page_of(CustomerSchema))
def list_customers(query: Mapping[str, Any]) -> Page:
    """Customers by name, by key; those that a text finds newest first."""
    filters = Filters(text=query["q"], **{name: query[name] for name in _SAME if name in query})
    return customers.list_customers(filters, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/")
@require_permission(EDIT)
@api.arguments(NewCustomerSchema)
@api.response(201, WholeCustomerSchema)
def create_customer(values: Mapping[str, Any]) -> dict[str, Any]:
    """Add a customer. 422 names what does not fit by field; 409 names the customer who has the document already."""
    return whole(customers.create_customer(values))


@api.get("/tags")
@require_permission(VIEW)
@api.response(200, TagsSchema)
def list_tags() -> dict[str, Any]:
    """Tags that customers have."""
    return {"items": tags.tags_in_use()}


@api.get("/<uuid:customer_id>")
@require_permission(VIEW)
@api.response(200, WholeCustomerSchema)
def get_customer(customer_id: uuid.UUID) -> dict[str, Any]:
    """One customer with addresses and contacts."""
    return whole(customers.get_customer(customer_id))


@api.patch("/<uuid:customer_id>")
@require_permission(EDIT)
@api.arguments(CustomerChangesSchema)
@api.response(200, WholeCustomerSchema)
def update_customer(values: Mapping[str, Any], customer_id: uuid.UUID) -> dict[str, Any]:
    """Change some of it. 409 where somebody changed it after the version that was seen."""
    changes = {name: value for name, value in values.items() if name != "version"}
    return whole(customers.update_customer(customer_id, changes, values.get("version")))


@api.delete("/<uuid:customer_id>")
@require_permission(DELETE)
@api.response(204)
def delete_customer(customer_id: uuid.UUID) -> None:
    """Delete a customer with addresses, notes, files and timeline; its deals stay."""
    customers.delete_customer(customer_id)


@api.post("/<uuid:customer_id>/archive")
@require_permission(EDIT)
@api.response(200, WholeCustomerSchema)
def archive_customer(customer_id: uuid.UUID) -> dict[str, Any]:
    """Put a customer away: lists leave it out, nothing is lost."""
    return whole(customers.archive_customer(customer_id))


@api.post("/<uuid:customer_id>/restore")
@require_permission(EDIT)
@api.response(200, WholeCustomerSchema)
def restore_customer(customer_id: uuid.UUID) -> dict[str, Any]:
    """Bring an archived customer back."""
    return whole(customers.archive_customer(customer_id, archived=False))


@api.post("/<uuid:customer_id>/merge")
@require_permission(DELETE)
@api.arguments(MergeSchema)
@api.response(200, WholeCustomerSchema)
def merge_customers(values: Mapping[str, Any], customer_id: uuid.UUID) -> dict[str, Any]:
    """Merge another customer into this one, which keeps what it knows. 409 where both have a document."""
    return whole(customers.merge_customers(customer_id, values["absorbed_customer_id"]))


@api.post("/<uuid:customer_id>/contacts")
@require_permission(EDIT)
@api.arguments(NewLinkSchema)
@api.response(200, WholeCustomerSchema)
def link_contact(values: Mapping[str, Any], customer_id: uuid.UUID) -> dict[str, Any]:
    """Say that a contact writes for the customer; again, to change role or make them the main one."""
    customers.link_contact(customer_id, **values)
    return whole(customers.get_customer(customer_id))


@api.delete("/<uuid:customer_id>/contacts/<uuid:contact_id>")
@require_permission(EDIT)
@api.response(204)
def unlink_contact(customer_id: uuid.UUID, contact_id: uuid.UUID) -> None:
    """The contact writes for this customer no more."""
    customers.unlink_contact(customer_id, contact_id)


def whole(customer: Customer) -> dict[str, Any]:
    """A customer as its own page shows it."""
    names = CustomerSchema._declared_fields.keys()  # noqa: SLF001 (marshmallow's only list of them)
    linked = [
        {
            "contact_id": link.contact_id,
            "name": contact.name,
            "phone": contact.phone,
            "email": contact.email,
            "role": link.role,
            "is_main": link.is_main,
        }
        for link, contact in customers.contacts_of(customer.id)
    ]
    facts = {name: getattr(customer, name) for name in names}
    return {**facts, "addresses": customers.addresses_of(customer.id), "contacts": linked}
