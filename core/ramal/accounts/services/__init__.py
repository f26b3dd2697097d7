"""Use cases of organizations, users and logins: one function each, one transaction each."""

from ramal.accounts.services.api_tokens import create_api_token, list_api_tokens, revoke_api_token
from ramal.accounts.services.login import authenticate, change_password, issue_tokens, reset_password
from ramal.accounts.services.members import (
    Member,
    active_members,
    create_user,
    get_member,
    list_members,
    member_name,
    update_member,
)
from ramal.accounts.services.organizations import (
    create_organization,
    create_super_admin,
    ensure_first_admin,
    list_organizations,
    organizations_of,
    update_organization,
)
from ramal.accounts.services.profile import update_profile

__all__ = [
    "Member",
    "active_members",
    "authenticate",
    "change_password",
    "create_api_token",
    "create_organization",
    "create_super_admin",
    "create_user",
    "ensure_first_admin",
    "get_member",
    "issue_tokens",
    "list_api_tokens",
    "list_members",
    "list_organizations",
    "member_name",
    "organizations_of",
    "reset_password",
    "revoke_api_token",
    "update_member",
    "update_organization",
    "update_profile",
]
