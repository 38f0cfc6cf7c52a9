-- Each exchange of the capture at the client, beside what the capture at the server says of it: rows=exchanges of both, loaded
-- with tag.place=client and tag.place=server.  The same text for SQLite and PostgreSQL (there SET search_path = reqresp).

DROP VIEW IF EXISTS both_ends;

CREATE VIEW both_ends AS
SELECT c.id, c.request_start, c.client, c.client_port, c.server, c.server_port, c.summary, c.status,
    c.latency,                                      -- what the client waited
    s.latency AS at_server,                         -- of that, what the server took
    round(c.latency - s.latency, 9) AS on_the_way,  -- and what the network took
    c.latency_lost AS lost,                         -- of that, what was waited for segments that were lost
    c.server_time AS estimate,                      -- what the client's capture alone would say of the server
    CASE
        WHEN s.id IS NULL THEN 'not seen at the server'
        WHEN c.status IN ('unanswered', 'open') AND s.status = 'answered' THEN 'answer not seen at the client'
        WHEN c.status <> 'answered' THEN c.status
        WHEN c.latency IS NULL OR s.latency IS NULL THEN 'not known'
        WHEN c.latency - s.latency > s.latency THEN 'network'
        ELSE 'server'
    END AS verdict
FROM exchanges AS c LEFT JOIN exchanges AS s ON s.id = c.id AND s.place = 'server'
WHERE c.place = 'client';
