/* All that differs between the versions of Wireshark this builds on: 4.0, 4.4 and 4.6. */
#ifndef RR_COMPAT_H
#define RR_COMPAT_H

#include <wireshark.h>

#define RR_AT_LEAST(major, minor)                                                                            \
    (RR_WIRESHARK_MAJOR > (major) || (RR_WIRESHARK_MAJOR == (major) && RR_WIRESHARK_MINOR >= (minor)))

#if RR_AT_LEAST(4, 4)
#include <wsutil/plugins.h>
#define RR_HAS_PLUGIN_DESCRIBE
typedef bool rr_bool;
#else
typedef gboolean rr_bool;
#endif

/* A field's value was held by value. */
#if RR_AT_LEAST(4, 4)
#define rr_value(fi) ((fi)->value)
#else
#define rr_value(fi) ((fvalue_t *)(uintptr_t) & (fi)->value)
#endif

/* Kinds of values were asked for by other names. */
#if !RR_AT_LEAST(4, 4)
#include <epan/ftypes/ftypes.h>
#define FT_IS_INT    IS_FT_INT
#define FT_IS_INT32  IS_FT_INT32
#define FT_IS_INT64  IS_FT_INT64
#define FT_IS_STRING IS_FT_STRING
#define FT_IS_UINT   IS_FT_UINT
#define FT_IS_UINT32 IS_FT_UINT32
#define FT_IS_UINT64 IS_FT_UINT64
#endif

/* Conversation filters got an argument, and registering them one for it. */
#if RR_AT_LEAST(4, 4)
#define RR_CONVERSATION_USER , void *user _U_
#define RR_CONVERSATION_NONE , NULL
#else
#define RR_CONVERSATION_USER
#define RR_CONVERSATION_NONE
#endif

/* Conversations can be kept apart by VLAN, Ethernet addresses and interface. */
#if RR_AT_LEAST(4, 4)
#include <epan/prefs.h>
#define rr_deinterlacing() (prefs.conversation_deinterlacing_key > 0)
#else
#define rr_deinterlacing() false
#endif
#if RR_AT_LEAST(4, 6)
#define rr_find_deinterlaced(pinfo, type) find_conversation_strat((pinfo), (type), 0, false)
#elif RR_AT_LEAST(4, 4)
#define rr_find_deinterlaced(pinfo, type) find_conversation_strat((pinfo), (type), 0)
#else
#define rr_find_deinterlaced(pinfo, type) ((void)(pinfo), (conversation_t *)NULL)
#endif

/* What tells where the bytes of a frame came from got another name; the text is to be freed. */
#if RR_AT_LEAST(4, 6)
#define rr_data_source_name(source) get_data_source_description(source)
#else
#define rr_data_source_name(source) get_data_source_name(source)
#endif

/* A statistic's start can fail from 4.6 on; ours ends the program where it does. */
#if RR_AT_LEAST(4, 6)
typedef bool rr_stat_start;
#define RR_STAT_STARTED return true
#else
typedef void rr_stat_start;
#define RR_STAT_STARTED return
#endif

#endif
