"""Customers: what others may call."""

from ramal_crm.services.customers.addresses import addresses_of, line_of, main_address
from ramal_crm.services.customers.contacts import (
    contacts_of,
    forget_contact,
    link_contact,
    move_links,
    unlink_contact,
)
from ramal_crm.services.customers.merging import merge_customers
from ramal_crm.services.customers.reading import (
    Filters,
    customers_of_contact,
    find_by_document,
    get_customer,
    list_customers,
    matching,
    suggestions,
)
from ramal_crm.services.customers.writing import archive_customer, create_customer, delete_customer, update_customer

__all__ = [
    "Filters",
    "addresses_of",
    "archive_customer",
    "contacts_of",
    "create_customer",
    "customers_of_contact",
    "delete_customer",
    "find_by_document",
    "forget_contact",
    "get_customer",
    "line_of",
    "link_contact",
    "list_customers",
    "main_address",
    "matching",
    "merge_customers",
    "move_links",
    "suggestions",
    "unlink_contact",
    "update_customer",
]
