/* The certificates of a connection are asked of the TLS session inside of the library. */

#include "connect/connect.h"

#include "parts/certificate.h"

#define CERTIFICATE_DAYS 30 /* fewer are few: somebody has to be asked for another one */

static const SSL *certificate_session(const struct pgdrv_conn *conn)
{
    return PQsslInUse(conn->pg) != 0 ? PQsslStruct(conn->pg, "OpenSSL") : NULL;
}

ferry_status pgdrv_certificate_examine(const struct pgdrv_conn *conn,
                                       struct ferry_findings *findings, struct ferry_error *err)
{
    return part_certificate_examine(certificate_session(conn), CERTIFICATE_DAYS, findings, err);
}

void pgdrv_certificate_tell(const struct pgdrv_conn *conn, struct ferry_facts *facts)
{
    part_certificate_tell(certificate_session(conn), facts);
}
