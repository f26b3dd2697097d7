"""JSON of accounts."""

from __future__ import annotations

from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate

from ramal.accounts.permissions import ROLES
from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Text, Timestamp
from ramal.i18n import LOCALES
from ramal.i18n import gettext as _

THEMES = ("system", "light", "dark")
_NAME = validate.Length(1, 200)
_ACCESS = {"example": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjNmNWQ…"}


def _known_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("There is no such time zone."))


class CredentialsSchema(Schema):
    """What a login takes."""

    email = Text(required=True, validate=validate.Length(1, 254), metadata={"example": "maria@example.com"})
    password = fields.String(required=True, validate=validate.Length(1, 1000), metadata={"example": "a long secret"})


class TokensSchema(Schema):
    """A fresh pair of tokens."""

    access = fields.String(required=True, metadata=_ACCESS)
    refresh = fields.String(required=True, metadata=_ACCESS)


class AccessSchema(Schema):
    """A fresh access token."""

    access = fields.String(required=True, metadata=_ACCESS)


class RefreshSchema(Schema):
    """A refresh token, good once."""

    refresh = fields.String(required=True, validate=validate.Length(1, 4000), metadata=_ACCESS)


class SwitchSchema(Schema):
    """Which organization to act for."""

    organization_id = fields.UUID(required=True)


class OrganizationRefSchema(Schema):
    """An organization as others name it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Padaria Central"})
    slug = fields.String(required=True, metadata={"example": "padaria-central"})


class MeSchema(Schema):
    """The caller."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Maria Souza"})
    email = fields.String(required=True, metadata={"example": "maria@example.com"})
    locale = fields.String(required=True, allow_none=True, metadata={"example": "pt_BR"})
    theme = fields.String(required=True, metadata={"example": "system"})
    organization = fields.Nested(OrganizationRefSchema, required=True, allow_none=True)
    organizations = fields.List(fields.Nested(OrganizationRefSchema), required=True)
    role = fields.String(required=True, allow_none=True, metadata={"example": "agent"})
    permissions = fields.List(fields.String(), required=True, metadata={"example": ["conversation.read"]})
    is_super_admin = fields.Boolean(required=True)


class ProfileSchema(Schema):
    """What one may change of oneself."""

    name = Text(validate=_NAME, metadata={"example": "Maria Souza"})
    locale = fields.String(allow_none=True, validate=validate.OneOf(LOCALES), metadata={"example": "pt_BR"})
    theme = fields.String(validate=validate.OneOf(THEMES), metadata={"example": "dark"})


class PasswordSchema(Schema):
    """The present password and the one to come."""

    current = fields.String(required=True, validate=validate.Length(1, 1000), metadata={"example": "a long secret"})
    new = fields.String(required=True, validate=validate.Length(1, 1000), metadata={"example": "a longer secret"})


class MemberSchema(Schema):
    """A user as the organization sees them."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "João Lima"})
    email = fields.String(required=True, metadata={"example": "joao@example.com"})
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "agent"})
    active = fields.Boolean(required=True)


class NewMemberSchema(Schema):
    """A member to add. A person who already logs in elsewhere keeps name and password."""

    name = Text(required=True, validate=_NAME, metadata={"example": "João Lima"})
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "joao@example.com"})
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "agent"})
    password = fields.String(validate=validate.Length(1, 1000), metadata={"example": "a long secret"})


class MemberChangeSchema(Schema):
    """What may be changed of a member."""

    role = fields.String(validate=validate.OneOf(ROLES), metadata={"example": "supervisor"})
    active = fields.Boolean()


class MemberQuery(PageArguments):
    """Which members."""

    active = fields.Boolean(metadata={"description": "Only those who are active, or only those who are not"})


class OrganizationSchema(OrganizationRefSchema):
    """An organization."""

    locale = fields.String(required=True, metadata={"example": "pt_BR"})
    timezone = fields.String(required=True, metadata={"example": "America/Sao_Paulo"})
    color = fields.String(required=True, allow_none=True, metadata={"example": "#1f6feb"})
    archived_at = Timestamp(required=True, allow_none=True)
    created_at = Timestamp(required=True)


class NewAdminSchema(Schema):
    """The first administrator of a new organization."""

    name = Text(required=True, validate=_NAME, metadata={"example": "Maria Souza"})
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "maria@example.com"})
    password = fields.String(required=True, validate=validate.Length(1, 1000), metadata={"example": "a long secret"})


class NewOrganizationSchema(Schema):
    """An organization to make."""

    name = Text(required=True, validate=_NAME, metadata={"example": "Padaria Central"})
    admin = fields.Nested(NewAdminSchema, required=True)


class MadeOrganizationSchema(OrganizationSchema):
    """A new organization with its administrator."""

    admin = fields.Nested(MemberSchema, required=True)


class OrganizationChangeSchema(Schema):
    """What its administrator may change."""

    name = Text(validate=_NAME, metadata={"example": "Padaria Central"})
    locale = fields.String(validate=validate.OneOf(LOCALES), metadata={"example": "pt_BR"})
    timezone = fields.String(validate=_known_timezone, metadata={"example": "America/Sao_Paulo"})
    color = fields.String(
        allow_none=True, validate=validate.Regexp(r"#[0-9a-fA-F]{6}\Z"), metadata={"example": "#1f6feb"}
    )


class ArchiveSchema(Schema):
    """Close an organization, or open it again."""

    archived = fields.Boolean(required=True)


class ApiTokenSchema(Schema):
    """A token for programs."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "ERP"})
    scopes = fields.List(fields.String(), required=True, metadata={"example": ["conversation.read"]})
    expires_at = Timestamp(required=True, allow_none=True)
    last_used_at = Timestamp(required=True, allow_none=True)
    created_at = Timestamp(required=True)


class NewApiTokenSchema(Schema):
    """A token to make."""

    name = Text(required=True, validate=validate.Length(1, 100), metadata={"example": "ERP"})
    scopes = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(1, 100),
        metadata={"example": ["conversation.read"], "description": "Names of permissions; not more than your own"},
    )
    expires_at = Timestamp(allow_none=True, load_default=None)


class MadeApiTokenSchema(ApiTokenSchema):
    """A new token; ``token`` is shown this once."""

    token = fields.String(required=True, metadata={"example": "ram_8nQ…"})


class AuditQuery(PageArguments):
    """Which part of the audit trail."""

    action = fields.String(validate=validate.Length(max=80), metadata={"example": "user.created"})
    actor = fields.UUID(metadata={"description": "Only what this user did"})


class AuditEventSchema(Schema):
    """Something that was done."""

    id = fields.UUID(required=True)
    created_at = Timestamp(required=True)
    action = fields.String(required=True, metadata={"example": "user.created"})
    actor_id = fields.UUID(required=True, allow_none=True)
    actor_name = fields.String(required=True, metadata={"example": "Maria Souza"})
    target_type = fields.String(required=True, allow_none=True, metadata={"example": "user"})
    target_id = fields.String(required=True, allow_none=True)
    target_name = fields.String(required=True, allow_none=True, metadata={"example": "João Lima"})
    before = fields.Dict(required=True, allow_none=True)
    after = fields.Dict(required=True, allow_none=True, metadata={"example": {"role": "agent"}})
    ip = fields.String(required=True, allow_none=True, metadata={"example": "203.0.113.7"})
    request_id = fields.String(required=True, allow_none=True)
