"""Sums of the board, and what deals are found by"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Triggers run as whoever writes, so that row-level security holds them to the writer's organization, too. Where an
# organization itself is deleted, its deals go with it, and there is nothing left to sum for.
_CHANGED = """
  INSERT INTO deal_sum (id, organization_id, pipeline_id, stage_id, owner_id, tag, deals, amount, added_up)
  SELECT gen_random_uuid(), c.organization_id, c.pipeline_id, c.stage_id, c.owner_id, t.tag,
         sum(c.sign), sum(c.sign * c.amount), false
  FROM ({changed}) AS c,
       LATERAL (SELECT '' AS tag UNION ALL SELECT jsonb_array_elements_text(c.tags)) AS t
  WHERE EXISTS (SELECT 1 FROM organization o WHERE o.id = c.organization_id)
  GROUP BY c.organization_id, c.pipeline_id, c.stage_id, c.owner_id, t.tag
  HAVING sum(c.sign) <> 0 OR sum(c.sign * c.amount) <> 0;
"""
_OPEN = "SELECT {sign} AS sign, * FROM {rows} WHERE state = 'open'"


def _changed(*changes: tuple[str, str]) -> str:
    return _CHANGED.format(changed=" UNION ALL ".join(_OPEN.format(sign=sign, rows=rows) for sign, rows in changes))


# The rows of one organization added up to one each, by one at a time; whoever comes meanwhile just goes on. What others
# have not committed yet is not seen, so it stays.
_SUM = """
CREATE FUNCTION plugin_crm.sum_deals() RETURNS trigger LANGUAGE plpgsql
SET search_path = plugin_crm, public, pg_temp AS
$$
DECLARE
  ours uuid;
BEGIN
  IF TG_OP = 'INSERT' THEN
    @inserted@
    SELECT r.organization_id INTO ours FROM new_rows r LIMIT 1;
  ELSIF TG_OP = 'DELETE' THEN
    @deleted@
    SELECT r.organization_id INTO ours FROM old_rows r LIMIT 1;
  ELSIF EXISTS (
    SELECT 1 FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE (o.state, o.pipeline_id, o.stage_id, o.owner_id, o.amount, o.tags)
      IS DISTINCT FROM (n.state, n.pipeline_id, n.stage_id, n.owner_id, n.amount, n.tags)
  ) THEN
    @updated@
    SELECT r.organization_id INTO ours FROM new_rows r LIMIT 1;
  END IF;
  IF (SELECT count(*) FROM (SELECT 1 FROM deal_sum s WHERE s.organization_id = ours AND NOT s.added_up LIMIT 301) fresh)
     > 300 AND pg_try_advisory_xact_lock(hashtextextended('crm.deal_sum:' || ours, 0)) THEN
    WITH gone AS (DELETE FROM deal_sum s WHERE s.organization_id = ours RETURNING s.*)
    INSERT INTO deal_sum (id, organization_id, pipeline_id, stage_id, owner_id, tag, deals, amount, added_up)
    SELECT gen_random_uuid(), organization_id, pipeline_id, stage_id, owner_id, tag, sum(deals), sum(amount), true
    FROM gone GROUP BY organization_id, pipeline_id, stage_id, owner_id, tag HAVING sum(deals) <> 0 OR sum(amount) <> 0;
  END IF;
  RETURN NULL;
END
$$
"""
_ADDED, _GONE = ("1", "new_rows"), ("-1", "old_rows")
for _name, _parts in (("@inserted@", (_ADDED,)), ("@deleted@", (_GONE,)), ("@updated@", (_GONE, _ADDED))):
    _SUM = _SUM.replace(_name, _changed(*_parts))
_SUM_TRIGGERS = (
    """CREATE TRIGGER sum_inserted AFTER INSERT ON plugin_crm.deal REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION plugin_crm.sum_deals()""",
    """CREATE TRIGGER sum_deleted AFTER DELETE ON plugin_crm.deal REFERENCING OLD TABLE AS old_rows
       FOR EACH STATEMENT EXECUTE FUNCTION plugin_crm.sum_deals()""",
    """CREATE TRIGGER sum_updated AFTER UPDATE ON plugin_crm.deal
       REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION plugin_crm.sum_deals()""",
)

# A deal is found by its title and by all that its customer is found by. Whoever gives it another customer holds that
# one for a moment: a new name that is being written meanwhile would miss this deal.
_WORDS = (
    """
    CREATE FUNCTION plugin_crm.deal_words() RETURNS trigger LANGUAGE plpgsql
    SET search_path = plugin_crm, public, pg_temp AS
    $$
    DECLARE
      theirs tsvector;
    BEGIN
      IF NEW.customer_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.customer_id IS DISTINCT FROM OLD.customer_id) THEN
        SELECT c.search INTO theirs FROM customer c
        WHERE c.organization_id = NEW.organization_id AND c.id = NEW.customer_id FOR SHARE;
      ELSIF NEW.customer_id IS NOT NULL THEN
        SELECT c.search INTO theirs FROM customer c
        WHERE c.organization_id = NEW.organization_id AND c.id = NEW.customer_id;
      END IF;
      NEW.search := to_tsvector('simple', ramal_unaccent(NEW.title)) || coalesce(theirs, '');
      RETURN NEW;
    END
    $$
    """,
    """CREATE TRIGGER words_written BEFORE INSERT OR UPDATE OF title, customer_id ON plugin_crm.deal
       FOR EACH ROW EXECUTE FUNCTION plugin_crm.deal_words()""",
    """
    CREATE FUNCTION plugin_crm.customer_words() RETURNS trigger LANGUAGE plpgsql
    SET search_path = plugin_crm, public, pg_temp AS
    $$
    BEGIN
      -- An update of nothing would call that table's triggers, too.
      IF EXISTS (SELECT 1 FROM deal d WHERE d.organization_id = NEW.organization_id AND d.customer_id = NEW.id) THEN
        UPDATE deal d SET search = to_tsvector('simple', ramal_unaccent(d.title)) || NEW.search
        WHERE d.organization_id = NEW.organization_id AND d.customer_id = NEW.id;
      END IF;
      RETURN NULL;
    END
    $$
    """,
    # An import changes thousands, one statement each: those whose words stay cost nothing.
    """CREATE TRIGGER words_followed AFTER UPDATE ON plugin_crm.customer
       FOR EACH ROW WHEN (OLD.search IS DISTINCT FROM NEW.search) EXECUTE FUNCTION plugin_crm.customer_words()""",
)

# Row-level security lets no condition that might leak a row (@@ and @> count as such) use its index: under the app
# role a search would read every deal. So these run as the owner, take the organization from the session as the
# policies do, and give back ids (nothing where there are ``most`` or more) and sums.
_OURS = "nullif(current_setting('ramal.organization_id', true), '')::uuid"
_HITS = """
CREATE FUNCTION plugin_crm.deal_hits(words tsquery, wanted_state text, most int)
RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugin_crm, public, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off AS
$$
BEGIN
  RETURN (SELECT CASE WHEN count(*) < most THEN coalesce(array_agg(h.id), '{}') END FROM (
    SELECT d.id FROM deal d
    WHERE d.search @@ words AND d.organization_id = @ours@ AND (wanted_state = '' OR d.state = wanted_state)
    LIMIT most
  ) h);
END
$$
""".replace("@ours@", _OURS)
_FITS = f"""d.organization_id = {_OURS} AND d.pipeline_id = wanted_pipeline AND d.state = 'open'
             AND (wanted_owner IS NULL OR d.owner_id = wanted_owner)"""
_HAS = """(words IS NULL OR d.search @@ words) AND (wanted_tag IS NULL OR d.tags @> jsonb_build_array(wanted_tag))"""
# Few hits are sorted into their columns. Many are only summed, and each column's first cards found by reading along it
# (of a "case" the planner expects half to fit, of words far fewer than there are).
_FOUND = """
CREATE FUNCTION plugin_crm.board_found(
  wanted_pipeline uuid, words tsquery, wanted_tag text, wanted_owner uuid, most int
)
RETURNS TABLE (stage_id uuid, deals bigint, amount numeric, ids uuid[])
LANGUAGE plpgsql STABLE ROWS 10 SECURITY DEFINER SET search_path = plugin_crm, public, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS
$$
BEGIN
  IF (SELECT count(*) FROM (SELECT 1 FROM deal d WHERE @fits@ AND @has@ LIMIT 1001) some_hits) <= 1000 THEN
    RETURN QUERY
      SELECT d.stage_id, count(*), sum(d.amount), (array_agg(d.id ORDER BY d.rank, d.id))[1:most]
      FROM deal d WHERE @fits@ AND @has@ GROUP BY d.stage_id;
  ELSE
    RETURN QUERY
      SELECT s.stage, s.deals, s.amount, ARRAY(
        SELECT d.id FROM deal d
        WHERE @fits@ AND d.stage_id = s.stage AND CASE WHEN @has@ THEN true ELSE false END
        ORDER BY d.rank, d.id LIMIT most)
      FROM (
        SELECT d.stage_id AS stage, count(*) AS deals, sum(d.amount) AS amount
        FROM deal d WHERE @fits@ AND @has@ GROUP BY d.stage_id
      ) s;
  END IF;
END
$$
""".replace("@fits@", _FITS).replace("@has@", _HAS)


def upgrade() -> None:
    op.create_table(
        "deal_sum",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("added_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_deal_sum_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_sum")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_deal_sum_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_sum_organization_id_pipeline_id_tag"),
        "deal_sum",
        ["organization_id", "pipeline_id", "tag"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "ix_deal_sum_fresh",
        "deal_sum",
        ["organization_id"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("NOT added_up"),
    )
    for statement in (_SUM, *_SUM_TRIGGERS, *_WORDS, _HITS, _FOUND):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION plugin_crm.board_found(uuid, tsquery, text, uuid, int)")
    op.execute("DROP FUNCTION plugin_crm.deal_hits(tsquery, text, int)")
    op.execute("DROP FUNCTION plugin_crm.customer_words() CASCADE")
    op.execute("DROP FUNCTION plugin_crm.deal_words() CASCADE")
    op.execute("DROP FUNCTION plugin_crm.sum_deals() CASCADE")
    op.drop_table("deal_sum", schema="plugin_crm")
