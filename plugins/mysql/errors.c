/* Error numbers of the server and of the client library -> the core's classes, in one table. */

#include "connect/connect.h"

#include <errmsg.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define AFTER_CONNECTING (MYDRV_SETTING_UP | MYDRV_DESCRIBING | MYDRV_READING | MYDRV_ASKING)
#define COMPUTING (MYDRV_DESCRIBING | MYDRV_READING)
#define ANY_PHASE (MYDRV_CONNECTING | AFTER_CONNECTING | MYDRV_LOADING)

static const char hint_reach[] = "check that the server runs and that host, port and network are "
                                 "right";
static const char hint_login[] = "check user, password, the hosts from which the account may "
                                 "connect, and whether it demands TLS (ssl_mode)";
static const char hint_grant[] = "grant the account what is missing";
static const char hint_name[] = "check the name and the `database` of the connection";
static const char hint_query[] = "correct the query";
static const char hint_view[] = "mend the view's definition on the server";
static const char hint_lost[] = "the server went away, closed the connection, or was silent for as "
                                "long as `read_timeout` says (at first `connect_timeout`); look "
                                "into its log and run again";
static const char hint_stopped[] = "somebody or a time limit stopped the query on the server; run "
                                   "again";
static const char hint_connections[] =
    "let the account have more connections (a target takes two), "
    "or try again later";
static const char hint_later[] = "try again later";
static const char hint_plugin[] =
    "the account logs in by a method that would give the password "
    "away over this connection, or that the client library lacks; "
    "use ssl_mode \"verify-identity\" or \"verify-ca\", or change the "
    "account's method";
static const char hint_value[] = "correct the value or the expression in the source";
static const char hint_check[] = "correct the row in the source, or drop the check of the target's "
                                 "table";
static const char hint_key[] = "a foreign key that has just come, or of a table that this account "
                               "may not see, refers to the row; run again, grant SELECT on that "
                               "table, or drop the key";
static const char hint_source[] = "the view or query fails on the server; correct what it says, in "
                                  "the view, the query or the rows";
static const char hint_big[] = "a row is larger than max_allowed_packet of the server, or 1 GiB";
static const char hint_network[] = "the connection broke the protocol; run again";
static const char hint_read_only[] = "the server takes no writes now; run again when it does";
static const char hint_lane[] = "local_infile was switched off on the server just now; run again";
static const char hint_server[] =
    "the server lacks memory, threads or files at the moment; look into "
    "its log, or try again later";
static const char hint_room[] = "the server has no room left for temporary tables and files; make "
                                "room on its disk, raise tmp_disk_table_size where that is set, or "
                                "try again later";
static const char hint_files[] = "the server has trouble with its files; look into its log, repair "
                                 "the table where it says so, and run again";
static const char hint_node[] = "the server takes no statements now: its cluster or its operator "
                                "holds it back, or a proxy in between does; try again later";
static const char hint_sort[] = "raise sort_buffer_size by session_variables";
static const char hint_full[] = "make room on the server's disk and run again";
static const char hint_definition[] = "the server does not take the table's definition; give the "
                                      "column another type (columns of a job, --column of copy)";
static const char hint_many[] = "InnoDB takes 1017 columns at most; leave the others out in a view "
                                "or query";
static const char hint_created[] = "the server does not take the table's definition: of more than "
                                   "1017 columns, leave the others out in a view or query; else "
                                   "give the column another type (columns of a job, --column of "
                                   "copy)";
static const char hint_row_size[] = "the columns are too many or too long for one row; give long "
                                    "ones the type text (columns of a job, --column of copy)";
static const char hint_column_name[] = "rename the column in the view or query (AS)";
static const char hint_name_long[] = "names have 64 characters at most here; choose a shorter one";
static const char hint_none[] = "";

/* The first entry that fits both the number and the phase counts.  Numbers below 2000 and from 3000
 * to 4999 are the server's.  What is here with MYDRV_PASSES, or with a class that always passes, is
 * all that is tried again. */
static const struct mydrv_fault faults[] = {
    /* Not reached: these, while connecting, and no others let a fallback source step in. */
    {CR_SOCKET_CREATE_ERROR, MYDRV_CONNECTING, FERRY_ERR_SYSTEM, hint_none},
    {CR_CONNECTION_ERROR, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {CR_CONN_HOST_ERROR, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {CR_IPSOCK_ERROR, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {CR_UNKNOWN_HOST, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE,
     "check the name and this machine's resolver"},
    {CR_SERVER_GONE_ERROR, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {CR_SERVER_LOST, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {CR_SERVER_LOST_EXTENDED, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {1040, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE,
     "the server has no free connection; raise its "
     "max_connections, or try again later (a target takes two)"},
    {1053, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE, "the server is shutting down; try again later"},
    {1129, MYDRV_CONNECTING, FERRY_ERR_UNREACHABLE,
     "the server blocks this host after failed "
     "connections; run FLUSH HOSTS there"},
    /* What a target meets while it is written. */
    {CR_SERVER_GONE_ERROR, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_SERVER_LOST, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_SERVER_LOST_EXTENDED, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_SSL_CONNECTION_ERROR, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_ERR_NET_READ, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_ERR_NET_WRITE, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {CR_MALFORMED_PACKET, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {CR_COMMANDS_OUT_OF_SYNC, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1053, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {1317, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {1927, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {1156, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1157, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1158, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1159, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1160, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1161, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {1835, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_network},
    {3169, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {4031, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {1969, MYDRV_LOADING, FERRY_ERR_TARGET_IO, hint_stopped},
    {3024, MYDRV_LOADING, FERRY_ERR_TARGET_IO, hint_stopped},
    {1148, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_lane},
    {3948, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_lane},
    {4166, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_lane},
    {1290, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_read_only},
    {1792, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_read_only},
    {1836, MYDRV_LOADING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_read_only},
    {1048, MYDRV_LOADING, FERRY_ERR_DATA, hint_value},
    {1451, MYDRV_LOADING, FERRY_ERR_DATA, hint_key},
    {3819, MYDRV_LOADING, FERRY_ERR_DATA, hint_check},
    {4025, MYDRV_LOADING, FERRY_ERR_DATA, hint_check},
    {1021, MYDRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {1114, MYDRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {1005, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_created},
    {1059, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_name_long},
    {1060, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1061, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1063, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1064, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1067, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1069, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1070, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1071, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1074, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1075, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1103, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_name_long},
    {1117, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_many},
    {1118, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_row_size},
    {1166, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_column_name},
    {3548, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {3750, MYDRV_LOADING, FERRY_ERR_SCHEMA,
     "this server wants a primary key in each table: read a source that has one"},
    {3780, MYDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {1062, MYDRV_LOADING, FERRY_ERR_DATA,
     "rows of the source are equal where the index allows none; mend them, or leave the index out "
     "(copy_indexes)"},
    /* Refused. */
    {CR_SSL_CONNECTION_ERROR, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_none},
    {CR_SECURE_AUTH, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_plugin},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_plugin},
    {CR_AUTH_PLUGIN_ERR, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_plugin},
    {CR_PLUGIN_NOT_ALLOWED, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_none},
    {1045, ANY_PHASE, FERRY_ERR_REFUSED, hint_login},
    {1130, ANY_PHASE, FERRY_ERR_REFUSED, hint_login},
    {1251, ANY_PHASE, FERRY_ERR_REFUSED, hint_plugin},
    {1524, ANY_PHASE, FERRY_ERR_REFUSED, hint_plugin},
    {1698, ANY_PHASE, FERRY_ERR_REFUSED, hint_login},
    {1820, ANY_PHASE, FERRY_ERR_REFUSED, "the password has expired; set a new one"},
    {1862, ANY_PHASE, FERRY_ERR_REFUSED, "the password has expired; set a new one"},
    {3118, ANY_PHASE, FERRY_ERR_REFUSED, "the account is locked; unlock it"},
    {4151, ANY_PHASE, FERRY_ERR_REFUSED, "the account is locked; unlock it"},
    {3159, ANY_PHASE, FERRY_ERR_REFUSED,
     "the server takes only TLS; set ssl_mode to "
     "\"verify-identity\""},
    {1044, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1095, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1142, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1143, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1227, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1345, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1370, ANY_PHASE, FERRY_ERR_REFUSED, hint_grant},
    {1449, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_view},
    {1792, ANY_PHASE, FERRY_ERR_REFUSED, "a source is only read; the query must not write"},
    /* Not there. */
    {1046, ANY_PHASE, FERRY_ERR_CONFIG, "set `database` in the connection"},
    {1049, MYDRV_CONNECTING, FERRY_ERR_NOT_FOUND,
     "check the `database` of the connection; create_database = true makes that of a target"},
    {1049, ANY_PHASE, FERRY_ERR_NOT_FOUND, "check the `database` of the connection"},
    {1051, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_name},
    {1102, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_name},
    {1103, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_name},
    {1109, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_name},
    {1146, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_name},
    {1356, ANY_PHASE, FERRY_ERR_NOT_FOUND, hint_view},
    {1054, ANY_PHASE, FERRY_ERR_CONFIG, hint_query},
    {1064, AFTER_CONNECTING, FERRY_ERR_CONFIG, hint_query},
    {1149, AFTER_CONNECTING, FERRY_ERR_CONFIG, hint_query},
    {1305, AFTER_CONNECTING, FERRY_ERR_CONFIG, hint_query},
    {1295, AFTER_CONNECTING, FERRY_ERR_CONFIG, "only a SELECT can be read"},
    {1298, ANY_PHASE, FERRY_ERR_CONFIG,
     "give `time_zone` as an offset such as \"+00:00\", or load "
     "the server's time zone tables"},
    /* Try again. */
    {1203, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_connections},
    {1205, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {1213, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {1226, ANY_PHASE, FERRY_ERR_BUSY, hint_connections},
    {1412, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, "a table was altered just now; run again"},
    {1614, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {1020, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* innodb_snapshot_isolation */
    {1297, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* "got temporary error" */
    {1615, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, "a table was altered just now; run again"},
    {1637, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* too many transactions */
    {1689, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {3058, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {3101, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* undone by the cluster */
    {3572, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* NOWAIT */
    /* The same, where the server itself is short of something. */
    {5, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server}, /* below 1000: its files' layer */
    {23, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1015, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1016, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1037, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1041, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1135, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1206, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1257, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1461, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {3015, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {3044, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {3884, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {3950, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {3985, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {4081, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_server},
    {1042, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later}, /* its resolver */
    {1152, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    {1158, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_network},
    {1159, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_network},
    {1160, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_network},
    {1161, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_network},
    {1927, MYDRV_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_later},
    /* "WSREP has not yet prepared node for application use", of a Galera cluster. */
    {1047, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {1429, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node}, /* a federated server */
    {3032, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {3100, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {3168, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {3781, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {3782, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    {3783, ANY_PHASE | MYDRV_PASSES, FERRY_ERR_BUSY, hint_node},
    /* A source's server needs room for what it sorts and joins, and gets it back; a target's is
     * full. */
    {1, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {2, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {3, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {4, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {9, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {14, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {20, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1004, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1021, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1026, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1114, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1878, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {3675, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_room},
    {1023, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1024, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1028, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1030, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1034, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1039, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    {1194, AFTER_CONNECTING | MYDRV_PASSES, FERRY_ERR_BUSY, hint_files},
    /* Values. */
    {1153, ANY_PHASE, FERRY_ERR_DATA, hint_big},
    {CR_NET_PACKET_TOO_LARGE, ANY_PHASE, FERRY_ERR_DATA, hint_big},
    {1242, ANY_PHASE, FERRY_ERR_DATA, hint_value},
    {1690, ANY_PHASE, FERRY_ERR_DATA, hint_value},
    {1038, ANY_PHASE, FERRY_ERR_DATA, hint_sort},
    /* The same in describing, where a server may compute what is constant. */
    {1264, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1267, COMPUTING, FERRY_ERR_DATA, hint_source},
    {1270, COMPUTING, FERRY_ERR_DATA, hint_source},
    {1271, COMPUTING, FERRY_ERR_DATA, hint_source},
    {1292, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1300, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1365, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1366, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1367, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1406, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1411, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1416, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1441, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1525, COMPUTING, FERRY_ERR_DATA, hint_value},
    {1644, COMPUTING, FERRY_ERR_DATA, hint_source},
    {1772, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3037, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3140, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3141, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3155, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3156, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3548, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3691, COMPUTING, FERRY_ERR_DATA, hint_value},
    {3854, COMPUTING, FERRY_ERR_DATA, hint_value},
    /* The stream. */
    {CR_SERVER_GONE_ERROR, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {CR_SERVER_LOST, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {CR_SERVER_LOST_EXTENDED, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {CR_SSL_CONNECTION_ERROR, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {CR_ERR_NET_READ, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {CR_ERR_NET_WRITE, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {1053, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {1152, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {1156, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1157, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1158, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1159, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1160, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1161, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {1243, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network}, /* the statement went elsewhere */
    {1835, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {3169, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {4031, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {1927, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {1317, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {1969, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {3024, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {CR_UNKNOWN_ERROR, AFTER_CONNECTING, FERRY_ERR_STREAM,
     hint_network}, /* so says 3.4 of the next */
    {CR_NO_PREPARE_STMT, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_NO_STMT_METADATA, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_STMT_CLOSED, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_NEW_STMT_METADATA, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_INVALID_STMT, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_ERR_NET_UNCOMPRESS, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {CR_ERR_MISSING_ERROR_INFO, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network},
    {5027, AFTER_CONNECTING, FERRY_ERR_STREAM, hint_network}, /* more columns than there can be */
    {CR_MALFORMED_PACKET, ANY_PHASE, FERRY_ERR_STREAM, hint_network},
    {CR_COMMANDS_OUT_OF_SYNC, ANY_PHASE, FERRY_ERR_STREAM, hint_network}, /* a result not due */
    {CR_SERVER_HANDSHAKE_ERR, MYDRV_CONNECTING, FERRY_ERR_REFUSED,
     "what answers there is not a MySQL server of our time"},
    {CR_VERSION_ERROR, MYDRV_CONNECTING, FERRY_ERR_REFUSED,
     "what answers there is not a MySQL server of our time"},
    /* Ours. */
    {CR_OUT_OF_MEMORY, ANY_PHASE, FERRY_ERR_SYSTEM, hint_none},
    {CR_CONNSTR_PARSE_ERROR, ANY_PHASE, FERRY_ERR_INTERNAL, hint_none},
    /* Whatever is not listed does not pass. */
    {0, MYDRV_CONNECTING, FERRY_ERR_REFUSED, hint_none},
    {0, MYDRV_SETTING_UP, FERRY_ERR_CONFIG, "check session_variables and time_zone"},
    {0, MYDRV_DESCRIBING, FERRY_ERR_CONFIG, hint_query},
    {0, MYDRV_READING, FERRY_ERR_DATA, hint_source},
    {0, MYDRV_ASKING, FERRY_ERR_STREAM,
     "nothing follows from that about the definition; run again"},
    {0, MYDRV_LOADING, FERRY_ERR_TARGET_IO, hint_none},
};

static const struct mydrv_fault *errors_find(const struct mydrv_fault *list, size_t count,
                                             unsigned code, enum mydrv_phase phase)
{
    for (size_t i = 0; i < count; i++)
        if ((list[i].code == code || list[i].code == 0) && (list[i].phases & phase) != 0)
            return &list[i];
    return NULL;
}

/* The same server that a source does not reach is one that a target cannot be opened on, and is as
 * likely to come back. */
static ferry_status errors_judge(const struct mydrv_flavour *flavour, unsigned code,
                                 enum mydrv_phase phase, const char **ret_hint, bool *ret_may_pass)
{
    if (phase == MYDRV_OPENING) {
        ferry_status status = errors_judge(flavour, code, MYDRV_CONNECTING, ret_hint, ret_may_pass);
        if (status != FERRY_ERR_UNREACHABLE)
            return status;
        *ret_may_pass = true;
        return FERRY_ERR_TARGET_OPEN;
    }
    const struct mydrv_fault *own = errors_find(flavour->faults, flavour->fault_count, code, phase);
    const struct mydrv_fault *fault = own;
    if (own == NULL || own->status == MYDRV_AS_LISTED)
        fault = errors_find(faults, sizeof faults / sizeof *faults, code, phase);
    *ret_hint = own != NULL ? own->hint : fault != NULL ? fault->hint : hint_none;
    *ret_may_pass = fault != NULL && (fault->phases & MYDRV_PASSES) != 0;
    /* The last entries cover every phase. */
    return fault == NULL ? FERRY_ERR_INTERNAL : fault->status;
}

ferry_status mydrv_fault_class(const struct mydrv_flavour *flavour, unsigned code,
                               enum mydrv_phase phase, const char **ret_hint)
{
    bool may_pass;
    return errors_judge(flavour, code, phase, ret_hint, &may_pass);
}

static ferry_status errors_end(ferry_status status, bool may_pass, struct ferry_error *err)
{
    if (may_pass)
        ferry_error_may_pass(err);
    return status;
}

/* OpenSSL's words, and the system's by way of it, for what this machine lacks: the server has
 * refused nothing then, and no certificate is wrong. */
static bool errors_is_own_lack(unsigned code, const char *text)
{
    static const int causes[] = {ENOMEM, EMFILE, ENFILE};
    if (code != CR_SSL_CONNECTION_ERROR)
        return false;
    bool lacks = strstr(text, "malloc failure") != NULL;
    for (size_t i = 0; i < sizeof causes / sizeof *causes && !lacks; i++)
        lacks = strstr(text, strerror(causes[i])) != NULL;
    return lacks;
}

ferry_status mydrv_fail(const struct mydrv_conn *conn, enum mydrv_phase phase, unsigned code,
                        const char *text, const char *doing, struct ferry_error *err)
{
    const char *hint;
    bool connecting = phase == MYDRV_CONNECTING || phase == MYDRV_OPENING;
    const char *label = conn->label;
    bool lost = connecting && code == CR_SSL_CONNECTION_ERROR && mydrv_tls_was_lost(text);
    bool may_pass;
    ferry_status status =
        errors_judge(conn->flavour, lost ? CR_SERVER_LOST : code, phase, &hint, &may_pass);
    if (code == 0 && !connecting) /* well-formed, but not what was asked for */
        return ferry_fail(err, phase == MYDRV_LOADING ? FERRY_ERR_TARGET_IO : FERRY_ERR_STREAM,
                          "%s: cannot %s: the server's answer is of another shape than its "
                          "question; something other than a MySQL server may answer there",
                          label, doing);
    if (code == CR_PLUGIN_NOT_ALLOWED) /* Connector/C 3.3 prints stray bytes for the plugin */
        text = "the server asks for a login method that is not allowed here";
    if (errors_is_own_lack(code, text))
        return ferry_fail(err, FERRY_ERR_SYSTEM,
                          "%s: cannot %s: %s (error %u); this machine has no memory, or no file "
                          "descriptors, left for it",
                          label, doing, text, code);
    if (connecting && code == CR_SSL_CONNECTION_ERROR && !lost)
        hint = mydrv_tls_explain(conn->flavour, text);
    if (connecting && strstr(text, "before completion of TLS handshake") != NULL)
        return errors_end(
            ferry_fail(err, phase == MYDRV_OPENING ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE,
                       "%s: cannot %s: unauthenticated error before TLS (anybody on the way "
                       "could have sent it): %s (error %u); look into the server's log",
                       label, doing, text, code),
            true, err);
    return errors_end(ferry_fail(err, status, "%s: cannot %s: %s (error %u)%s%s", label, doing,
                                 text, code, *hint == '\0' ? "" : "; ", hint),
                      may_pass, err);
}

void mydrv_conn_give_up(struct mydrv_conn *conn, unsigned code)
{
    bool is_clients = code == 0 || (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) ||
                      (code >= 5000 && code < 6000); /* MariaDB's own */
    if (!is_clients || conn->broken || conn->wake_fd < 0)
        return;
    conn->broken = true;
    shutdown(conn->wake_fd, SHUT_RDWR);
}

ferry_status mydrv_fail_conn(struct mydrv_conn *conn, enum mydrv_phase phase, const char *doing,
                             struct ferry_error *err)
{
    mydrv_conn_give_up(conn, mysql_errno(conn->native));
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    return mydrv_fail(conn, phase, mysql_errno(conn->native), mysql_error(conn->native), doing,
                      err);
}

ferry_status mydrv_fail_stmt(struct mydrv_conn *conn, MYSQL_STMT *stmt, enum mydrv_phase phase,
                             const char *doing, struct ferry_error *err)
{
    unsigned code = mysql_stmt_errno(stmt);
    if (code == 0)
        return mydrv_fail_conn(conn, phase, doing, err);
    mydrv_conn_give_up(conn, code);
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    return mydrv_fail(conn, phase, code, mysql_stmt_error(stmt), doing, err);
}
