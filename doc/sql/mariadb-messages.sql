-- Takes what `-z reqresp,export,rows=messages,format=ndjson,tag.capture=NAME` prints, from standard input, into
-- the table messages: all of it or, where anything is wrong, nothing.
--
-- A row takes the place of the same one with a lower part, or with the same (the capture was loaded before), and
-- does not come in where a higher part is.

SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE', innodb_strict_mode = ON;
CREATE TEMPORARY TABLE printed (line LONGTEXT NOT NULL) CHARSET=utf8mb4;
-- Rows of a live capture can be long in coming.
SET SESSION net_read_timeout = 31536000;
-- Each line into one column as it is: JSON has neither a bare tab nor a bare end of line in a text.
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE printed CHARACTER SET utf8mb4 FIELDS ESCAPED BY '';

CREATE TEMPORARY TABLE new LIKE messages;
REPLACE INTO new SELECT r.* FROM printed, JSON_TABLE(line, '$' COLUMNS (
    -- columns of messages
    `exchange` BIGINT PATH '$.exchange' ERROR ON ERROR,
    `message` VARCHAR(8) CHARACTER SET utf8mb4 PATH '$.message' ERROR ON ERROR,
    `part` BIGINT PATH '$.part' ERROR ON ERROR,
    `id` CHAR(16) PATH '$.id' ERROR ON ERROR,
    `stream` BIGINT PATH '$.stream' ERROR ON ERROR,
    `protocol` TEXT CHARACTER SET utf8mb4 PATH '$.protocol' ERROR ON ERROR,
    `src` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.src' ERROR ON ERROR,
    `src_port` INT PATH '$.src_port' ERROR ON ERROR,
    `dst` VARCHAR(45) CHARACTER SET utf8mb4 PATH '$.dst' ERROR ON ERROR,
    `dst_port` INT PATH '$.dst_port' ERROR ON ERROR,
    `start` DATETIME(6) PATH '$.start' ERROR ON ERROR,
    `end` DATETIME(6) PATH '$.end' ERROR ON ERROR,
    `first_frame` BIGINT PATH '$.first_frame' ERROR ON ERROR,
    `last_frame` BIGINT PATH '$.last_frame' ERROR ON ERROR,
    `segments` BIGINT PATH '$.segments' ERROR ON ERROR,
    `bytes` BIGINT PATH '$.bytes' ERROR ON ERROR,
    `missing` BIGINT PATH '$.missing' ERROR ON ERROR,
    `repeats` BIGINT PATH '$.repeats' ERROR ON ERROR,
    `complete` BOOLEAN PATH '$.complete' ERROR ON ERROR,
    `ended_by` TEXT CHARACTER SET utf8mb4 PATH '$.ended_by' ERROR ON ERROR,
    `latency` DECIMAL(19,9) PATH '$.latency' ERROR ON ERROR,
    `peer_frame` BIGINT PATH '$.peer_frame' ERROR ON ERROR,
    `summary` TEXT CHARACTER SET utf8mb4 PATH '$.summary' ERROR ON ERROR,
    `transport` VARCHAR(8) CHARACTER SET utf8mb4 PATH '$.transport' ERROR ON ERROR,
    `payload` LONGTEXT CHARACTER SET utf8mb4 PATH '$.payload' ERROR ON ERROR,
    `payload_cut` BOOLEAN PATH '$.payload_cut' ERROR ON ERROR,
    capture VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.capture' ERROR ON ERROR
)) AS r ORDER BY r.part;

START TRANSACTION;
DELETE new FROM new JOIN messages AS old USING (capture, stream, id, message) WHERE old.part > new.part;
REPLACE INTO messages SELECT * FROM new;
COMMIT;
DROP TEMPORARY TABLE printed, new;
