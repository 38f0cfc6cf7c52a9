/* Each case runs straight, and in every disguise that must not change it. */
#include "play.h"

enum { NOT_SWAPPED = 1, NOT_AT_CLIENT = 2, NOT_SPLIT = 4, NOT_COPIED = 8 };

struct test_case {
    const char *name, *script, *expect;
    unsigned spared; /* disguises that do change it, with the reason beside */
};

/* Messages are "bytes[-missing][+repeats]": request, then response, then latency, why it ended, part. */
static const struct test_case cases[] = {
    /* Turns. */
    { "one-turn", "syn >100@5 <50@12", "answered exact 100 50 7ms end", 0 },
    { "no-handshake", ">100@5 <50@12", "answered exact 100 50 7ms end", 0 },
    { "two-turns", "syn >100@5 <50@12 >10@20 <5@21",
      "answered exact 100 50 7ms next; answered exact 10 5 1ms end", 0 },
    { "request-in-two", "syn >60@5 >40@8 <50@14", "answered exact 100 50 6ms end", 0 },
    { "response-in-three", "syn >60@5 <40@8 <50@14 <1@15 >.@16", "answered exact 60 91 3ms end", 0 },
    { "nothing-answered", "syn >60@5 >F@6 <F@8", "unanswered 60 client-fin", 0 },
    { "still-open", "syn >60@5 <.@6", "open 60 end", 0 },
    { "waits-for-more-than-a-minute", "syn >60@5 <.@6 tick@60007", "unanswered 60 quiet", 0 },
    { "half-closed-waits-a-minute", "syn >60F@5 <.@6 tick@60007 <5@61000", "answered exact 60 5 60995ms end",
      0 },
    { "half-closed-waits-too-long", "syn >60F@5 <.@6 tick@60007", "unanswered 60 client-fin", 0 },
    { "late-answer", "syn >60@5 <.@6 tick@60007 <10@61005", "answered exact 60 10 61000ms end", 0 },
    { "asks-again-after-a-minute", "syn >60@5 <.@6 tick@60007 >30@60010 <10@60020",
      "unanswered 60 quiet; answered exact 30 10 10ms end", 0 },
    { "late-answer-to-the-first-of-two", "syn >60@5 <.@6 tick@60007 >30@60010 <10@60020/60 <5@60030",
      "answered acked 60 10 60015ms next; answered acked 30 5 20ms end", NOT_AT_CLIENT },
    /* Pipelining: turns as the server saw them. */
    { "staggered-at-server", "syn >10@1/0 <5@2 >10@3/0 <5@4 >10@5/0 <5@6",
      "answered exact 10 5 1ms next; answered acked 10 5 1ms next; answered acked 10 5 1ms end", 0 },
    { "staggered-at-client", "syn >10@1 >10@3/0 >10@5/0 <5@11/10 <5@13/20 <5@15/30",
      "answered acked 10 5 10ms next; answered acked 10 5 10ms next; answered acked 10 5 10ms end", 0 },
    { "burst-in-one-answer", "syn >10@1 >10@1/0 >10@1/0 <5@4", "answered exact 30 5 3ms end", 0 },
    { "answer-cuts-a-segment", "syn >30@1 <5@4/10 <5@5/30",
      "answered acked 10 5 3ms next; answered acked 20 5 4ms end", 0 },
    { "greeting-crosses-request", "syn <20@3/0 >10@4/0 <5@9/10",
      "pushed 20 next; answered acked 10 5 5ms end", 0 },
    { "greeting-then-request", "syn <20@3 >10@8 <5@9", "pushed 20 next; answered exact 10 5 1ms end", 0 },
    { "one-late-in-a-pipeline", "syn >10@1 >10@3/0 >10@5/0 <0-5@11/10 <10-15@15/30 <5-10@16/20 >.@30",
      "answered acked 10 5 10ms next; answered acked 10 5 13ms next; answered acked 10 5 10ms end",
      NOT_AT_CLIENT },
    { "one-lost-in-a-pipeline", "syn >10@1 >10@3/0 >10@5/0 <0-5@11/10 <10-15@15/30 <5-10@216/30 >.@230",
      "answered acked 10 5 10ms next; answered acked 20 10 10ms end", NOT_AT_CLIENT | NOT_SWAPPED },
    { "original-after-a-repeat-that-acknowledged-more",
      "syn >1@1/0 >1@2/0 >1@3/0 >1@4/0 >1@5/0 >1@6/0 >1@7/0 >1@8/0 >1@9/0 >1@10/0 <0-5@20/2 <0-5@22/10 "
      ">1@22.5/0 "
      "<5-10@23/4 >.@30",
      "answered acked 2 5+1 18ms next; answered acked 2 5 19ms end; open 7 end",
      NOT_AT_CLIENT | NOT_SWAPPED },
    /* New bytes only. */
    { "request-again", "syn >100@5 >0-100@205 <50@212", "answered exact 100+1 50 207ms end", 0 },
    { "request-again-after-the-answer", "syn >100@5 <50@12 >0-100@13/0 >10@300 <5@310",
      "answered exact 100+1 50 7ms next; answered exact 10 5 10ms end", 0 },
    { "response-again", "syn >100@5 <50@12 <0-50@213 >10@300 <5@310",
      "answered exact 100 50+1 7ms next; answered exact 10 5 10ms end", 0 },
    { "overlap", "syn >100@5 >50-150@6 <50@12", "answered exact 150 50 6ms end", NOT_SPLIT },
    { "keep-alive", "syn >10@5 <5@6 >-1@1000 <.@1001 >9-10@2000 <.@2001 >10@3000 <5@3001",
      "answered exact 10+2 5 1ms next; answered exact 10 5 1ms end", 0 },
    { "hole-filled", "syn >10@5 <0-50@6 <100-150@8 <50-100@9 >.@30", "answered exact 10 150 1ms end", 0 },
    { "hole-never-filled", "syn >10@5 <50@6 <50@7! <50@8 >10@20 <5@30",
      "answered exact 10 100-50 1ms next; answered exact 10 5 10ms end", 0 },
    { "zero-window-probe", "syn >10@5w <1@6 <.@7 >.@9/0 <100@10 >10@40 <5@50",
      "answered acked 10 101 1ms next; answered exact 10 5 10ms end", NOT_SPLIT },
    /* Pushes. */
    { "push-after-quiet", "syn >10@5 <5@6 >.@7 <8@3008 >.@3009 <8@7000",
      "answered exact 10 5 1ms quiet; pushed 8 quiet; pushed 8 end", 0 },
    { "stall-is-not-quiet", "syn >10@5 <5@6 >.@7w >.@4008 <8@4010", "answered exact 10 13 1ms end", 0 },
    { "hole-is-not-quiet", "syn >10@5 <5@6 <5@7! <5@8 <8@4010", "answered exact 10 18-5 1ms end", 0 },
    { "unacknowledged-is-not-quiet", "syn >10@5 <5@6 <8@4010", "answered exact 10 13 1ms end", 0 },
    /* One side only. */
    { "client-only-bytes", ">.@1 >1@5 <1@6! >.@7 >1@10 <1@11! >.@12 >1@15 <1@16! >.@17 >1@20",
      "answered acked 1 0-1 next; answered acked 1 0-1 next; answered acked 1 0-1 next; open 1 end", 0 },
    { "server-only-bytes", "<.@1 >1@5! <.@6 <1@7 >1@9! <.@10 <1@11 >1@13! <.@14 <1@15",
      "unasked acked 0-1 1 next; unasked acked 0-1 1 next; unasked acked 0-1 1 end", 0 },
    { "client-only-hole", "syn >10@5 <5@6! >10@7! >10@8 <5@9! >10@12",
      "answered acked 10 0-5 next; answered acked 10-10 0-5 next; open 10 end", 0 },
    { "client-only", "syn >10@5 <5@6! >10@7 <5@8! >10@9",
      "answered acked 10 0-5 next; answered acked 10 0-5 next; open 10 end", 0 },
    { "server-only", "<.@1 >10@5! <5@6 >10@7! <5@8", "unasked acked 0-10 5 next; unasked acked 0-10 5 end",
      0 },
    { "answer-without-its-request", "<20@1 >10@5 <5@6",
      "unasked order 0 20 next; answered exact 10 5 1ms end", 0 },
    { "answer-captured-first", "syn <0-5@6/10 >0-10@7/0 >10@20/5 <5@21",
      "answered exact 10 5 -1ms next; answered exact 10 5 1ms end", NOT_AT_CLIENT },
    { "begins-with-an-ack-of-what-comes", ">.@1/50 <0-50@2/10 >0-10@3/0 <.@4/10 >10-20@5/50 <50-55@6/20",
      "answered exact 10 50 -1ms next; answered exact 10 5 1ms end", NOT_AT_CLIENT | NOT_SWAPPED },
    { "begins-with-an-ack-of-both", "<.@1/10 >0-10@2/0 <0-5@3/10 >10-12@9/5 <5-6@10/12",
      "answered exact 10 5 1ms next; answered exact 2 1 1ms end", NOT_AT_CLIENT },
    { "begins-with-a-keep-alive", ">.@1/0 >-1@2/0 <5@3/0", "unasked order 0 5 end", NOT_AT_CLIENT },
    { "request-lost-in-part", "syn >10@5 >10@6! >10@7 <5@8", "answered exact 20-10 5 1ms end", 0 },
    { "request-lost-at-its-end", "syn >10@5 >10@6! <5@8 >10@9 <5@10",
      "answered acked 10-10 5 3ms next; answered exact 10 5 1ms end", 0 },
    /* Ends. */
    { "half-close", "syn >10@5 >F@6 <5@100 <F@101 >.@102", "answered exact 10 5 95ms server-fin", 0 },
    { "server-closes", "syn >10@5 <5F@8 >F@20 <.@21", "answered exact 10 5 3ms server-fin", 0 },
    { "server-resets", "syn >10@5 <5@8 <R@9", "answered exact 10 5 3ms server-rst", 0 },
    { "client-resets", "syn >10@5 <5@8 >R@20", "answered exact 10 5 3ms client-rst", 0 },
    { "reset-instead-of-answer", "syn >10@5 <R@9", "unanswered 10 server-rst", 0 },
    { "late-answer-cuts-after-both-fins", "syn >20@1 >10F@1/0 <6-17F@9/30 <0-6@12/20 >.@13",
      "answered acked 20 6 11ms next; answered acked 10 11 8ms server-fin", NOT_AT_CLIENT | NOT_SWAPPED },
    { "last-byte-lost-before-the-fin", "syn >10@5 <5@6 <1@7! >.@8 <F@9 >F@10 <.@11",
      "answered exact 10 5-1 1ms server-fin", NOT_SPLIT },
    { "a-byte-after-its-ack", "syn <.@5/1 >0-1@6/0 <1@16/1 >1@30 <1@50",
      "answered exact 1 1 10ms next; answered exact 1 1 20ms end", 0 },
    { "answer-lost-before-a-fin-that-is-reset", "syn >10@5 <5@8! <F@9/10 >R@10",
      "answered acked 10 0-5 client-rst", NOT_SPLIT },
    { "answer-lost-before-a-fin-at-the-end", "syn >10@5 <5@8! <F@9/10", "answered acked 10 0-5 end",
      NOT_SPLIT },
    { "end-lost-before-a-fin-that-is-reset", "syn >10@5 <5@8 <2@8! <F@9/10 >R@10",
      "answered exact 10 5-2 3ms client-rst", NOT_SPLIT },
    { "end-lost-before-a-fin-and-another", "syn >10@5 <5@8 <2@8! <F@9/10 >F@10/5 tick@99999",
      "answered exact 10 5-2 3ms server-fin", NOT_SPLIT },
    { "answer-goes-on-after-a-hole", "syn >10@5 <10@25 >10@26 <10@27/10! >.@28 <10@29/10 <5@50",
      "answered exact 10 20-10 20ms next part 2; answered acked 10 5 24ms end", NOT_SPLIT | NOT_AT_CLIENT },
    { "answer-to-part-goes-on-after-a-hole",
      "syn >10@5 <10@25 >10@26 >10@26.5 <10@27/10! >.@28 <10@29/20 <5@50",
      "answered exact 10 10 20ms next; answered acked 10 10-10 3ms next; answered acked 10 5 23ms end",
      NOT_SPLIT | NOT_AT_CLIENT },
    { "ack-falls-into-what-was-merged",
      "syn >10@5 <10@6 >10@7 >10@8 >10@9 >10@10 >10@11 <.@12/60 >10@13 >10@14 >10@15 >10@16 >10@17 "
      "<10@18/110 <10@19/30",
      "answered exact 10 10 1ms next; answered exact 100 20 1ms end", NOT_SWAPPED },
    { "greeting-goes-on-after-a-hole", "syn >10@5 <10@6/0 <10@7/0! >.@8 <10@9/0 <5@20",
      "pushed 20-10 next part 2; answered acked 10 5 15ms end", NOT_SPLIT | NOT_AT_CLIENT },
    { "reset-again", "syn >10@5 <5@8 <R@9 >10@10 <R@11 tick@99999",
      "answered exact 10 5 3ms server-rst; unanswered 10 server-rst", 0 },
    { "stall-filled-late", "syn >10@5 >10@6! >10@7 >10-20@50000 >10@65000 <5@66000",
      "answered exact 40 5 1000ms end", NOT_SWAPPED },
    { "probe-taken", "syn >10@5 <10@6 <.@7w >1@300 <.@301/11 <5@302",
      "answered exact 10+1 10 1ms next; answered exact 1 5 2ms end", NOT_SPLIT | NOT_COPIED },
    { "request-lost-before-a-fin", "syn >10@5! >F@6 <.@7/0", "unasked 0-10 end", NOT_SPLIT },
    { "last-bytes-lost-before-the-fin", "syn >10@5 <5@6 <1@7! >.@8 <1@8.5! <F@9 >F@10 <.@11",
      "answered exact 10 5-2 1ms server-fin", NOT_SPLIT | NOT_AT_CLIENT },
    { "client-alone-says-goodbye", ">10@5 <5@6! >.@8 >F@9 <F@10! >.@11", "answered acked 10 0-5 end", 0 },
    { "fin-before-its-bytes-and-a-cut", "syn >20@1 >10F@2/0 <5-5F@9/30 <3-5@10/30 <0-3@11/20 >.@12",
      "answered acked 20 3 10ms next; answered acked 10 2 8ms server-fin", NOT_AT_CLIENT | NOT_SWAPPED },
    { "fin-before-its-bytes", "syn >10@5 <0-5@8 <10-15F@9 <5-10@10 >.@40",
      "answered exact 10 15 3ms server-fin", 0 },
};

static const struct disguise straight = { .name = "straight", .isn = { 1000, 9000 }, .copies = 1 };

static const struct {
    struct disguise how;
    unsigned spares;
    bool exact; /* changes nothing at all */
} disguises[] = {
    { { .name = "swapped ends", .swapped_ends = true, .isn = { 1000, 9000 }, .copies = 1 }, 0, true },
    { { .name = "wrapping", .isn = { UINT32_MAX - 7, UINT32_MAX - 3 }, .copies = 1 }, 0, true },
    { { .name = "a byte a segment", .isn = { 1000, 9000 }, .copies = 1, .split = 1 }, NOT_SPLIT, false },
    { { .name = "everything twice", .isn = { 1000, 9000 }, .copies = 2 }, NOT_COPIED, false },
    { { .name = "neighbours swapped", .isn = { 1000, 9000 }, .copies = 1, .swap_neighbours = true },
      NOT_SWAPPED,
      false },
    { { .name = "at the client", .isn = { 1000, 9000 }, .copies = 1, .at_client = true },
      NOT_AT_CLIENT,
      false },
};

static void test_case(const void *data)
{
    const struct test_case *test = data;
    static struct play play;
    play_parse(&play, test->script);
    char *full = play_perform(&play, &straight, false), *brief = play_perform(&play, &straight, true);
    g_assert_cmpstr(full, ==, test->expect);
    for (size_t i = 0; i < G_N_ELEMENTS(disguises); i++) {
        if (test->spared & disguises[i].spares)
            continue;
        struct disguise how = disguises[i].how;
        char *got = play_perform(&play, &how, !disguises[i].exact);
        g_test_message("%s", how.name);
        g_assert_cmpstr(got, ==, disguises[i].exact ? full : brief);
        g_free(got);
    }
    g_free(full);
    g_free(brief);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/track/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_case);
        g_free(path);
    }
    return g_test_run();
}
