-- Tables for what `-z reqresp,export` prints as CSV, in a schema of their own.  PostgreSQL 15 or later.
-- Running this again keeps what is there.
--
-- Columns stand in the order of the export's, so that \copy with HEADER MATCH takes it as it comes.  Those that have
-- to be asked for (`columns=+request_complete`) are comments: for a table that takes them remove the --, also where
-- the triggers below name them.
-- Times are to the microsecond, as PostgreSQL's are; durations have all nine decimals.

CREATE SCHEMA IF NOT EXISTS reqresp;

CREATE TABLE IF NOT EXISTS reqresp.messages (
    -- columns of messages
    exchange bigint,
    message text,
    part bigint,
    id character(16),
    stream bigint,
    protocol text,
    src inet,
    src_port integer,
    dst inet,
    dst_port integer,
    start timestamptz,
    "end" timestamptz,
    first_frame bigint,
    last_frame bigint,
    segments bigint,
    bytes bigint,
    missing bigint,
    repeats bigint,
    complete boolean,
    ended_by text,
    latency numeric(19,9),
    peer_frame bigint,
    summary text,
    transport text,
    -- payload text,
    -- payload_cut boolean,
    capture text,
    PRIMARY KEY (capture, stream, id, message)
);
CREATE INDEX IF NOT EXISTS messages_id ON reqresp.messages (id);

CREATE TABLE IF NOT EXISTS reqresp.exchanges (
    -- columns of exchanges
    exchange bigint,
    part bigint,
    id character(16),
    stream bigint,
    protocol text,
    client inet,
    client_port integer,
    server inet,
    server_port integer,
    status text,
    evidence text,
    ended_by text,
    request_start timestamptz,
    request_end timestamptz,
    response_start timestamptz,
    response_end timestamptz,
    latency numeric(19,9),
    duration numeric(19,9),
    request_spread numeric(19,9),
    response_spread numeric(19,9),
    think numeric(19,9),
    request_frame bigint,
    response_frame bigint,
    request_bytes bigint,
    response_bytes bigint,
    request_segments bigint,
    response_segments bigint,
    missing bigint,
    repeats bigint,
    summary text,
    handshake numeric(19,9),
    rtt numeric(19,9),
    server_time numeric(19,9),
    request_lost numeric(19,9),
    latency_lost numeric(19,9),
    response_lost numeric(19,9),
    request_stalled numeric(19,9),
    latency_stalled numeric(19,9),
    response_stalled numeric(19,9),
    pairing text,
    depth bigint,
    interim numeric(19,9),
    transport text,
    -- direction_from text,
    -- request_last_frame bigint,
    -- request_missing bigint,
    -- request_repeats bigint,
    -- request_complete boolean,
    -- response_last_frame bigint,
    -- response_missing bigint,
    -- response_repeats bigint,
    -- response_complete boolean,
    -- request_payload text,
    -- request_payload_cut boolean,
    -- response_payload text,
    -- response_payload_cut boolean,
    capture text,
    PRIMARY KEY (capture, stream, id),
    CHECK (status IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS exchanges_id ON reqresp.exchanges (id);
CREATE INDEX IF NOT EXISTS exchanges_latency ON reqresp.exchanges (latency);

-- A connection's id can change with its parts, its first segment cannot.
CREATE TABLE IF NOT EXISTS reqresp.connections (
    -- columns of connections
    stream bigint,
    id character(16),
    client inet,
    client_port integer,
    server inet,
    server_port integer,
    direction_from text,
    start timestamptz,
    "end" timestamptz,
    connect_time numeric(19,9),
    syn_retries bigint,
    synack_retries bigint,
    exchanges bigint,
    unanswered bigint,
    pushes bigint,
    request_bytes bigint,
    response_bytes bigint,
    push_bytes bigint,
    client_missing bigint,
    server_missing bigint,
    client_repeats bigint,
    server_repeats bigint,
    closed_by text,
    close text,
    client_state text,
    server_state text,
    part bigint,
    client_rtt numeric(19,9),
    server_rtt numeric(19,9),
    transport text,
    capture text,
    PRIMARY KEY (capture, transport, stream, start),
    CHECK (close IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS connections_id ON reqresp.connections (id);

-- A row takes the place of the same one with a lower part, or with the same (the capture was loaded before), and
-- does not come in where a higher part is.  In CSV a text has an apostrophe in front where a spreadsheet would take it
-- for a formula; here it has not.

CREATE OR REPLACE FUNCTION reqresp.take_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.summary := regexp_replace(NEW.summary, '^''', '');
    -- NEW.payload := regexp_replace(NEW.payload, '^''', '');
    DELETE FROM reqresp.messages AS had
        WHERE (had.capture, had.stream, had.id, had.message) = (NEW.capture, NEW.stream, NEW.id, NEW.message)
        AND had.part <= NEW.part;
    IF EXISTS (SELECT FROM reqresp.messages AS had
        WHERE (had.capture, had.stream, had.id, had.message) = (NEW.capture, NEW.stream, NEW.id, NEW.message)) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION reqresp.take_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.summary := regexp_replace(NEW.summary, '^''', '');
    -- NEW.request_payload := regexp_replace(NEW.request_payload, '^''', '');
    -- NEW.response_payload := regexp_replace(NEW.response_payload, '^''', '');
    DELETE FROM reqresp.exchanges AS had
        WHERE (had.capture, had.stream, had.id) = (NEW.capture, NEW.stream, NEW.id) AND had.part <= NEW.part;
    IF EXISTS (SELECT FROM reqresp.exchanges AS had
        WHERE (had.capture, had.stream, had.id) = (NEW.capture, NEW.stream, NEW.id)) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION reqresp.take_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM reqresp.connections AS had
        WHERE (had.capture, had.transport, had.stream, had.start) = (NEW.capture, NEW.transport, NEW.stream, NEW.start)
        AND had.part <= NEW.part;
    IF EXISTS (SELECT FROM reqresp.connections AS had
        WHERE (had.capture, had.transport, had.stream, had.start) = (NEW.capture, NEW.transport, NEW.stream, NEW.start)) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER take BEFORE INSERT ON reqresp.messages
    FOR EACH ROW EXECUTE FUNCTION reqresp.take_message();
CREATE OR REPLACE TRIGGER take BEFORE INSERT ON reqresp.exchanges
    FOR EACH ROW EXECUTE FUNCTION reqresp.take_exchange();
CREATE OR REPLACE TRIGGER take BEFORE INSERT ON reqresp.connections
    FOR EACH ROW EXECUTE FUNCTION reqresp.take_connection();
