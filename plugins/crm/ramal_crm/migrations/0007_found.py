"""Deals that are many by a common word are looked for once, not twice"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FITS = """d.organization_id = nullif(current_setting('ramal.organization_id', true), '')::uuid
             AND d.pipeline_id = wanted_pipeline AND d.state = 'open'
             AND (wanted_owner IS NULL OR d.owner_id = wanted_owner)"""
_HAS = """(words IS NULL OR d.search @@ words) AND (wanted_tag IS NULL OR d.tags @> jsonb_build_array(wanted_tag))"""


_FOUND = """
CREATE OR REPLACE FUNCTION plugin_crm.board_found(
  wanted_pipeline uuid, words tsquery, wanted_tag text, wanted_owner uuid, most int
)
RETURNS TABLE (stage_id uuid, deals bigint, amount numeric, ids uuid[])
LANGUAGE plpgsql STABLE ROWS 10 SECURITY DEFINER SET search_path = plugin_crm, public, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS
$$
@body@
$$
"""
_FEW = """
    RETURN QUERY
      SELECT d.stage_id, count(*), sum(d.amount), (array_agg(d.id ORDER BY d.rank, d.id))[1:most]
      FROM deal d WHERE @fits@ AND @has@ GROUP BY d.stage_id;
"""
_SUMS = """
        SELECT d.stage_id AS stage, count(*) AS deals, sum(d.amount) AS amount
        FROM deal d WHERE @fits@ AND @has@ GROUP BY d.stage_id
"""
# What is found is summed first. Few hits are then sorted into their columns; of many, each column's first cards are
# found by reading along it (of a "case" the planner expects half to fit, of words far fewer than there are).
_ONCE = """
DECLARE
  stages uuid[];
  counts bigint[];
  amounts numeric[];
  hits bigint;
BEGIN
  SELECT array_agg(s.stage), array_agg(s.deals), array_agg(s.amount), sum(s.deals)
  INTO stages, counts, amounts, hits FROM (@sums@) s;
  IF most = 0 THEN
    RETURN QUERY SELECT s.*, '{}'::uuid[] FROM unnest(stages, counts, amounts) s;
  ELSIF hits <= 1000 THEN
    @few@
  ELSE
    RETURN QUERY
      SELECT s.stage, s.deals, s.amount, ARRAY(
        SELECT d.id FROM deal d
        WHERE @fits@ AND d.stage_id = s.stage AND CASE WHEN @has@ THEN true ELSE false END
        ORDER BY d.rank, d.id LIMIT most)
      FROM unnest(stages, counts, amounts) s (stage, deals, amount);
  END IF;
END
"""
_TWICE = """
BEGIN
  IF (SELECT count(*) FROM (SELECT 1 FROM deal d WHERE @fits@ AND @has@ LIMIT 1001) some_hits) <= 1000 THEN
    @few@
  ELSE
    RETURN QUERY
      SELECT s.stage, s.deals, s.amount, ARRAY(
        SELECT d.id FROM deal d
        WHERE @fits@ AND d.stage_id = s.stage AND CASE WHEN @has@ THEN true ELSE false END
        ORDER BY d.rank, d.id LIMIT most)
      FROM (@sums@) s;
  END IF;
END
"""


def _function(body: str) -> str:
    parts = {"@body@": body, "@few@": _FEW, "@sums@": _SUMS, "@fits@": _FITS, "@has@": _HAS}
    statement = _FOUND
    for name, part in parts.items():
        statement = statement.replace(name, part)
    return statement


def upgrade() -> None:
    op.execute(_function(_ONCE))


def downgrade() -> None:
    op.execute(_function(_TWICE))
