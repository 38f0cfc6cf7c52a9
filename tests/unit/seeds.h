/* Runs of made-up traffic, each from a seed that its failure names.
 *
 *   RR_RUNS=100000 test_random     as many runs
 *   RR_SEED=4711 test_random       that one, told about in full
 */
#ifndef RR_SEEDS_H
#define RR_SEEDS_H

#include <glib.h>
#include <stdbool.h>

/* Seeds 1 to `runs`, or as the environment says. */
void seeds_each(guint32 runs, void (*run)(guint32 seed));

/* One seed was asked for. */
bool seeds_single(void);

#endif
