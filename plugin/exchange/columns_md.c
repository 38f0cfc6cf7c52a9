/* Prints doc/columns.md. */
#include <stdio.h>

#include "exchange/columns.h"

static const char *const kinds[RR_KIND_COUNT] = {
    [RR_COUNT] = "count",      [RR_ID] = "id",
    [RR_PORT] = "port",        [RR_FRAME] = "frame",
    [RR_REQUEST_IN] = "frame", [RR_RESPONSE_IN] = "frame",
    [RR_TIME] = "time",        [RR_SPAN] = "span",
    [RR_FLAG] = "flag",        [RR_TEXT] = "text",
    [RR_BYTES] = "bytes",
};

static const char preface[] =
    "# Columns and fields\n"
    "\n"
    "Made by `rr_columns_md` from the tables `plugin/exchange/columns_*.c`; what the words mean is told in\n"
    "[meaning.md](meaning.md). To make it again, in the top folder:\n"
    "\n"
    "    cmake --build build --target rr_columns_md && build/plugin/rr_columns_md > doc/columns.md\n"
    "\n"
    "A *column* stands in the rows of `-z reqresp,export,rows=...`, in the order of these tables; a *field* "
    "can be\n"
    "filtered on, shown as a column of the packet list and printed with `-T fields`. What has no column is "
    "in the\n"
    "packet's tree only; what has no field is in rows only. Fields that tell of a single segment\n"
    "(`reqresp.request`, `reqresp.phase` and so on) are listed by `tshark -G fields | grep reqresp`.\n"
    "\n"
    "| kind | in a row | as a field |\n"
    "| --- | --- | --- |\n"
    "| count, port, frame | decimal | number, port, link to the frame |\n"
    "| id | 16 hexadecimal digits | the same, as text |\n"
    "| time | `2021-10-28T04:07:01.846121000Z`; with `time=epoch` `1635394021.846121000` | absolute time |\n"
    "| span | seconds with nine decimals, as `0.000085000` | relative time |\n"
    "| flag | `true` or `false` | boolean |\n"
    "| text | UTF-8, in quotes where RFC 4180 asks for them | text |\n"
    "| bytes | as `payload=` says: hexadecimal, base64 or text | none |\n"
    "\n"
    "What is not known is an empty cell, and no field.\n";

static void print_column(const struct rr_column *c)
{
    const char *quote = c->name ? "`" : "", *name = c->name ? c->name : "";
    static const char *const asked[] = {
        [RR_ALWAYS] = "",
        [RR_IF_ASKED] = " Only where `columns=` asks for it.",
        [RR_WITH_PAYLOAD] = " Only with `payload=`, or where `columns=` asks for it.",
    };
    printf("| %s%s%s | ", quote, name, quote);
    if (c->field)
        printf("`reqresp.%s`", c->field);
    printf(" | %s | %s%s |\n", kinds[c->kind], c->help, c->name ? asked[c->when] : "");
}

static void print_table(const struct rr_columns *table)
{
    printf("\n## rows=%s\n\n| column | field | kind | meaning |\n| --- | --- | --- | --- |\n", table->name);
    for (size_t i = 0; i < table->count; i++)
        print_column(&table->column[i]);
}

int main(void)
{
    fputs(preface, stdout);
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++)
        print_table(rr_columns[noun]);
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
