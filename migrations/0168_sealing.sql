-- What the sealer asks: how long the oldest row of the audit waits that is not sealed, and, when that row was written
-- by `older` (null: whenever), the next seal's rows behind the newest seal. The leaves are made where the rows are: two
-- thousand of them on the way to a node and back would cost ten times more. Along the index, whatever the planner
-- believes: it thinks that few rows are left, and would sort a backlog each time.
--
-- `carewire_audit_oldest` (0149) stays for nodes of the version before this one.
CREATE FUNCTION carewire_audit_unsealed(first uuid, older timestamptz, most integer)
RETURNS TABLE (n bigint, before bytea, oldest timestamptz, rows integer, era integer, xid xid8, id uuid, leaves bytea,
               epoch text)
LANGUAGE sql STABLE SET enable_sort = off SET enable_seqscan = off AS $$
    WITH newest AS (
        SELECT coalesce(s.n, 0) AS n, coalesce(s.root, ''::bytea) AS root, coalesce(s.era, -1) AS era,
               coalesce(s.xid, '0'::xid8) AS xid, coalesce(s.last, first) AS last
          FROM (SELECT max(n) AS n FROM audit_seal) m LEFT JOIN audit_seal s ON s.n = m.n
    ), oldest AS (
        SELECT a.at FROM newest w CROSS JOIN LATERAL (
            SELECT at FROM audit WHERE (era, xid, id) > (w.era, w.xid, w.last) ORDER BY era, xid, id LIMIT 1) a
    ), ended AS MATERIALIZED (
        SELECT a.* FROM newest w CROSS JOIN LATERAL (
            SELECT era, xid, id, hash FROM audit
             WHERE (era, xid, id) > (w.era, w.xid, w.last)
               AND (era < (SELECT audit_era FROM deployment) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
             ORDER BY era, xid, id LIMIT most) a
         WHERE older IS NULL OR (SELECT at FROM oldest) <= older
    )
    SELECT w.n, w.root, (SELECT at FROM oldest), l.rows::integer, l.era, l.xid, l.id, l.leaves, carewire_epoch()
      FROM newest w CROSS JOIN (
        SELECT count(*) AS rows, (array_agg(e.era))[count(*)] AS era, (array_agg(e.xid))[count(*)] AS xid,
               (array_agg(e.id))[count(*)] AS id,
               string_agg(uuid_send(e.id) || sha256(e.hash || int4send(e.era) || xid8send(e.xid)), ''::bytea) AS leaves
          FROM (SELECT * FROM ended ORDER BY era, xid, id) e) l
$$;
