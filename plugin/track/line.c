#include "track/line.h"

bool rr_line_goes_on(const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->telling;
    if (rr_line_is_aside(line, t))
        return true;
    if (!x)
        return false;
    bool over = x->response.ended_by != RR_GOING_ON || line->open;
    return !over || !(t->does & RR_PDU_BEGINS);
}
