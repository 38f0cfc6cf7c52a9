-- Takes what `-z reqresp,export,rows=exchanges,format=ndjson,tag.capture=NAME` prints, from standard input, into
-- the table exchanges: all of it or, where anything is wrong, nothing.
--
-- A row takes the place of the same one with a lower part, or with the same (the capture was loaded before), and
-- does not come in where a higher part is.

SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE', innodb_strict_mode = ON;
CREATE TEMPORARY TABLE printed (line LONGTEXT NOT NULL) CHARSET=utf8mb4;
-- Rows of a live capture can be long in coming.
SET SESSION net_read_timeout = 31536000;
-- Each line into one column as it is: JSON has neither a bare tab nor a bare end of line in a text.
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE printed CHARACTER SET utf8mb4 FIELDS ESCAPED BY '';

CREATE TEMPORARY TABLE new LIKE exchanges;
REPLACE INTO new SELECT r.* FROM printed, JSON_TABLE(line, '$' COLUMNS (
    -- columns of exchanges
    `exchange` BIGINT PATH '$.exchange' ERROR ON ERROR,
    `part` BIGINT PATH '$.part' ERROR ON ERROR,
    `id` CHAR(16) PATH '$.id' ERROR ON ERROR,
    `stream` BIGINT PATH '$.stream' ERROR ON ERROR,
    `protocol` TEXT CHARACTER SET utf8mb4 PATH '$.protocol' ERROR ON ERROR,
    `client` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.client' ERROR ON ERROR,
    `client_port` INT PATH '$.client_port' ERROR ON ERROR,
    `server` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.server' ERROR ON ERROR,
    `server_port` INT PATH '$.server_port' ERROR ON ERROR,
    `status` TEXT CHARACTER SET utf8mb4 PATH '$.status' ERROR ON ERROR,
    `evidence` TEXT CHARACTER SET utf8mb4 PATH '$.evidence' ERROR ON ERROR,
    `ended_by` TEXT CHARACTER SET utf8mb4 PATH '$.ended_by' ERROR ON ERROR,
    `request_start` DATETIME(6) PATH '$.request_start' ERROR ON ERROR,
    `request_end` DATETIME(6) PATH '$.request_end' ERROR ON ERROR,
    `response_start` DATETIME(6) PATH '$.response_start' ERROR ON ERROR,
    `response_end` DATETIME(6) PATH '$.response_end' ERROR ON ERROR,
    `latency` DECIMAL(19,9) PATH '$.latency' ERROR ON ERROR,
    `duration` DECIMAL(19,9) PATH '$.duration' ERROR ON ERROR,
    `request_spread` DECIMAL(19,9) PATH '$.request_spread' ERROR ON ERROR,
    `response_spread` DECIMAL(19,9) PATH '$.response_spread' ERROR ON ERROR,
    `think` DECIMAL(19,9) PATH '$.think' ERROR ON ERROR,
    `request_frame` BIGINT PATH '$.request_frame' ERROR ON ERROR,
    `response_frame` BIGINT PATH '$.response_frame' ERROR ON ERROR,
    `request_bytes` BIGINT PATH '$.request_bytes' ERROR ON ERROR,
    `response_bytes` BIGINT PATH '$.response_bytes' ERROR ON ERROR,
    `request_segments` BIGINT PATH '$.request_segments' ERROR ON ERROR,
    `response_segments` BIGINT PATH '$.response_segments' ERROR ON ERROR,
    `missing` BIGINT PATH '$.missing' ERROR ON ERROR,
    `repeats` BIGINT PATH '$.repeats' ERROR ON ERROR,
    `summary` TEXT CHARACTER SET utf8mb4 PATH '$.summary' ERROR ON ERROR,
    `handshake` DECIMAL(19,9) PATH '$.handshake' ERROR ON ERROR,
    `rtt` DECIMAL(19,9) PATH '$.rtt' ERROR ON ERROR,
    `server_time` DECIMAL(19,9) PATH '$.server_time' ERROR ON ERROR,
    `request_lost` DECIMAL(19,9) PATH '$.request_lost' ERROR ON ERROR,
    `latency_lost` DECIMAL(19,9) PATH '$.latency_lost' ERROR ON ERROR,
    `response_lost` DECIMAL(19,9) PATH '$.response_lost' ERROR ON ERROR,
    `request_stalled` DECIMAL(19,9) PATH '$.request_stalled' ERROR ON ERROR,
    `latency_stalled` DECIMAL(19,9) PATH '$.latency_stalled' ERROR ON ERROR,
    `response_stalled` DECIMAL(19,9) PATH '$.response_stalled' ERROR ON ERROR,
    `pairing` TEXT CHARACTER SET utf8mb4 PATH '$.pairing' ERROR ON ERROR,
    `depth` BIGINT PATH '$.depth' ERROR ON ERROR,
    `interim` DECIMAL(19,9) PATH '$.interim' ERROR ON ERROR,
    `transport` VARCHAR(8) CHARACTER SET utf8mb4 PATH '$.transport' ERROR ON ERROR,
    `direction_from` TEXT CHARACTER SET utf8mb4 PATH '$.direction_from' ERROR ON ERROR,
    `request_last_frame` BIGINT PATH '$.request_last_frame' ERROR ON ERROR,
    `request_missing` BIGINT PATH '$.request_missing' ERROR ON ERROR,
    `request_repeats` BIGINT PATH '$.request_repeats' ERROR ON ERROR,
    `request_complete` BOOLEAN PATH '$.request_complete' ERROR ON ERROR,
    `response_last_frame` BIGINT PATH '$.response_last_frame' ERROR ON ERROR,
    `response_missing` BIGINT PATH '$.response_missing' ERROR ON ERROR,
    `response_repeats` BIGINT PATH '$.response_repeats' ERROR ON ERROR,
    `response_complete` BOOLEAN PATH '$.response_complete' ERROR ON ERROR,
    `request_payload` LONGTEXT CHARACTER SET utf8mb4 PATH '$.request_payload' ERROR ON ERROR,
    `request_payload_cut` BOOLEAN PATH '$.request_payload_cut' ERROR ON ERROR,
    `response_payload` LONGTEXT CHARACTER SET utf8mb4 PATH '$.response_payload' ERROR ON ERROR,
    `response_payload_cut` BOOLEAN PATH '$.response_payload_cut' ERROR ON ERROR,
    capture VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.capture' ERROR ON ERROR
)) AS r ORDER BY r.part;

START TRANSACTION;
DELETE new FROM new JOIN exchanges AS old USING (capture, stream, id) WHERE old.part > new.part;
REPLACE INTO exchanges SELECT * FROM new;
COMMIT;
DROP TEMPORARY TABLE printed, new;
