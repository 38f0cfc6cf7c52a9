#include "wireshark/layers.h"

/* What other protocols carry: where one of these stands on something else, that is the protocol. */
static const char *const bodies[] = {
    /* documents and pictures */
    "data-text-lines", "media", "json", "xml", "urlencoded-form", "mime_multipart", "message-http", "imf",
    "sdp", "wbxml", "cbor", "msgpack", "protobuf", "rfc7468", "png", "image-gif", "image-jfif", "jpeg",
    "tiff", "mp4",
    /* certificates */
    "ber", "x509af", "x509ce", "x509if", "x509sat", "pkix1explicit", "pkix1implicit", "pkixalgs", "pkcs-1",
    "cms", "ocsp",
    /* tokens of a log-in */
    "gss-api", "spnego", "ntlmssp", "kerberos"
};

static GHashTable *body_ids;
static int proto_tcp, proto_data;

void rr_layers_handoff(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    proto_data = proto_get_id_by_filter_name("data");
    body_ids = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++)
        g_hash_table_add(body_ids, GINT_TO_POINTER(proto_get_id_by_filter_name(bodies[i])));
}

const char *rr_layers_protocol(const packet_info *pinfo, unsigned below)
{
    int protocol = 0, body = 0;
    wmem_list_frame_t *layer = wmem_list_tail(pinfo->layers);
    for (unsigned n = wmem_list_count(pinfo->layers); n > below + 1;
         n--, layer = wmem_list_frame_prev(layer)) {
        int id = GPOINTER_TO_INT(wmem_list_frame_data(layer));
        if (id == proto_tcp) /* a connection within this one: what it carries is its own */
            protocol = body = 0;
        else if (protocol || id == proto_data)
            continue;
        else if (!g_hash_table_contains(body_ids, GINT_TO_POINTER(id)))
            protocol = id;
        else if (!body)
            body = id;
    }
    if (!protocol)
        protocol = body;
    return protocol ? proto_get_protocol_filter_name(protocol) : NULL;
}
