#include "seeds.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char told[40];

static void tell_seed(int signal_number)
{
    (void)signal_number;
    if (write(STDERR_FILENO, told, strlen(told)) < 0)
        _exit(1);
}

bool seeds_single(void)
{
    return getenv("RR_SEED") != NULL;
}

void seeds_each(guint32 runs, void (*run)(guint32 seed))
{
    const char *seed = getenv("RR_SEED"), *count = getenv("RR_RUNS");
    guint32 first = seed ? (guint32)strtoul(seed, NULL, 10) : 1;
    guint32 last = seed ? first : count ? (guint32)strtoul(count, NULL, 10) : runs;
    signal(SIGABRT, tell_seed);
    for (guint32 i = first; i <= last; i++) {
        snprintf(told, sizeof told, "\nRR_SEED=%u\n", i);
        run(i);
    }
    signal(SIGABRT, SIG_DFL);
}
