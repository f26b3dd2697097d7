"""Its one table."""

from sqlalchemy.orm import Mapped

from ramal.database.base import PluginModel, TenantMixin, tenant_args


class Model(PluginModel, plugin="good"):
    __abstract__ = True


class Thing(TenantMixin, Model):
    __tablename__ = "thing"
    __table_args__ = tenant_args()

    name: Mapped[str]
