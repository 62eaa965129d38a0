-- When the oldest row of the audit that is not sealed yet was written; null when all are. Along the index, whatever the
-- planner believes: it thinks that few rows are left, and would sort a backlog each time. A function, so that a node
-- that has nothing to seal asks with one statement.
CREATE FUNCTION carewire_audit_oldest(first uuid) RETURNS timestamptz
LANGUAGE sql STABLE SET enable_sort = off SET enable_seqscan = off AS $$
    SELECT a.at FROM (
        SELECT coalesce(max(n), 0) AS n FROM audit_seal
    ) newest LEFT JOIN audit_seal s ON s.n = newest.n CROSS JOIN LATERAL (
        SELECT at FROM audit
         WHERE (era, xid, id) > (coalesce(s.era, -1), coalesce(s.xid, '0'::xid8), coalesce(s.last, first))
         ORDER BY era, xid, id LIMIT 1) a
$$;
