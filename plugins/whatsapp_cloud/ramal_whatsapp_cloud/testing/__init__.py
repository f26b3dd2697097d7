"""The Graph API simulator: for tests, for the demo, and for authors who want to try things.

``python -m ramal_whatsapp_cloud.testing --port 8099 --data-dir /tmp/graph`` runs it alone; the
pytest fixture is ``ramal_whatsapp_cloud.testing.fixture.graph_simulator``. Needs the extra
``ramal-whatsapp-cloud[testing]``.
"""

from ramal_whatsapp_cloud.testing.behaviour import Behaviour, Failure
from ramal_whatsapp_cloud.testing.simulator import GraphSimulator
from ramal_whatsapp_cloud.testing.world import Account

__all__ = ["Account", "Behaviour", "Failure", "GraphSimulator"]
