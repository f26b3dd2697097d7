"""JSON routes of accounts."""

from ramal.accounts.api.audit import api as audit
from ramal.accounts.api.auth import api as auth
from ramal.accounts.api.me import api as me
from ramal.accounts.api.organizations import api as organizations
from ramal.accounts.api.tokens import api as tokens
from ramal.accounts.api.users import api as users

BLUEPRINTS = (auth, me, users, organizations, tokens, audit)
