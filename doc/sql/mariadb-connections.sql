-- Takes what `-z reqresp,export,rows=connections,format=ndjson,tag.capture=NAME` prints, from standard input, into
-- the table connections: all of it or, where anything is wrong, nothing.
--
-- A row takes the place of the same one with a lower part, or with the same (the capture was loaded before), and
-- does not come in where a higher part is.

SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE', innodb_strict_mode = ON;
CREATE TEMPORARY TABLE printed (line LONGTEXT NOT NULL) CHARSET=utf8mb4;
-- Rows of a live capture can be long in coming.
SET SESSION net_read_timeout = 31536000;
-- Each line into one column as it is: JSON has neither a bare tab nor a bare end of line in a text.
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE printed CHARACTER SET utf8mb4 FIELDS ESCAPED BY '';

CREATE TEMPORARY TABLE new LIKE connections;
REPLACE INTO new SELECT r.* FROM printed, JSON_TABLE(line, '$' COLUMNS (
    -- columns of connections
    `stream` BIGINT PATH '$.stream' ERROR ON ERROR,
    `id` CHAR(16) PATH '$.id' ERROR ON ERROR,
    `client` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.client' ERROR ON ERROR,
    `client_port` INT PATH '$.client_port' ERROR ON ERROR,
    `server` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.server' ERROR ON ERROR,
    `server_port` INT PATH '$.server_port' ERROR ON ERROR,
    `direction_from` TEXT CHARACTER SET utf8mb4 PATH '$.direction_from' ERROR ON ERROR,
    `start` DATETIME(6) PATH '$.start' ERROR ON ERROR,
    `end` DATETIME(6) PATH '$.end' ERROR ON ERROR,
    `connect_time` DECIMAL(19,9) PATH '$.connect_time' ERROR ON ERROR,
    `syn_retries` BIGINT PATH '$.syn_retries' ERROR ON ERROR,
    `synack_retries` BIGINT PATH '$.synack_retries' ERROR ON ERROR,
    `exchanges` BIGINT PATH '$.exchanges' ERROR ON ERROR,
    `unanswered` BIGINT PATH '$.unanswered' ERROR ON ERROR,
    `pushes` BIGINT PATH '$.pushes' ERROR ON ERROR,
    `request_bytes` BIGINT PATH '$.request_bytes' ERROR ON ERROR,
    `response_bytes` BIGINT PATH '$.response_bytes' ERROR ON ERROR,
    `push_bytes` BIGINT PATH '$.push_bytes' ERROR ON ERROR,
    `client_missing` BIGINT PATH '$.client_missing' ERROR ON ERROR,
    `server_missing` BIGINT PATH '$.server_missing' ERROR ON ERROR,
    `client_repeats` BIGINT PATH '$.client_repeats' ERROR ON ERROR,
    `server_repeats` BIGINT PATH '$.server_repeats' ERROR ON ERROR,
    `closed_by` TEXT CHARACTER SET utf8mb4 PATH '$.closed_by' ERROR ON ERROR,
    `close` TEXT CHARACTER SET utf8mb4 PATH '$.close' ERROR ON ERROR,
    `client_state` TEXT CHARACTER SET utf8mb4 PATH '$.client_state' ERROR ON ERROR,
    `server_state` TEXT CHARACTER SET utf8mb4 PATH '$.server_state' ERROR ON ERROR,
    `part` BIGINT PATH '$.part' ERROR ON ERROR,
    `client_rtt` DECIMAL(19,9) PATH '$.client_rtt' ERROR ON ERROR,
    `server_rtt` DECIMAL(19,9) PATH '$.server_rtt' ERROR ON ERROR,
    `transport` VARCHAR(8) CHARACTER SET utf8mb4 PATH '$.transport' ERROR ON ERROR,
    capture VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.capture' ERROR ON ERROR
)) AS r ORDER BY r.part;

START TRANSACTION;
DELETE new FROM new JOIN connections AS old USING (capture, transport, stream, start) WHERE old.part > new.part;
REPLACE INTO connections SELECT * FROM new;
COMMIT;
DROP TEMPORARY TABLE printed, new;
