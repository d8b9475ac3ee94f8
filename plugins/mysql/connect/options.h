/* The keys of a connection that every driver of this family has, each spelled once.
 *
 * A driver's table lists these macros among its own keys; a key that is added here is a key of each
 * driver.
 */

#ifndef DBFERRY_MYSQL_OPTIONS_H
#define DBFERRY_MYSQL_OPTIONS_H

#define MYDRV_OPTIONS_PORT                                                                         \
    {                                                                                              \
        .name = "port", .type = FERRY_OPTION_INT, .default_value = "3306", .min = 1, .max = 65535, \
        .flags = FERRY_OPTION_URL_PORT, .help = "the TCP port"                                     \
    }

#define MYDRV_OPTIONS_ACCOUNT                                                                      \
    {.name = "password", .type = FERRY_OPTION_SECRET, .help = "the account's password"},           \
        {.name = "database",                                                                       \
         .type = FERRY_OPTION_STRING,                                                              \
         .flags = FERRY_OPTION_URL_PATH,                                                           \
         .help = "the database in which names are looked up"},                                     \
        {.name = "create_database",                                                                \
         .type = FERRY_OPTION_BOOL,                                                                \
         .default_value = "false",                                                                 \
         .flags = FERRY_OPTION_TARGET_ONLY,                                                        \
         .help = "true: a load makes the database if it is not there"},                            \
    {                                                                                              \
        .name = "compression", .type = FERRY_OPTION_BOOL, .default_value = "false",                \
        .help = "true: compress what goes over the network; for slow lines only"                   \
    }

#define MYDRV_OPTIONS_AUTHORITIES                                                                  \
    {.name = "ssl_ca",                                                                             \
     .type = FERRY_OPTION_PATH,                                                                    \
     .help = "the certificates of the authorities to trust, one PEM file"},                        \
    {                                                                                              \
        .name = "ssl_capath", .type = FERRY_OPTION_PATH,                                           \
        .help = "a folder of such certificates, prepared by `openssl rehash`"                      \
    }

#define MYDRV_OPTIONS_SESSION                                                                      \
    {.name = "tls_version",                                                                        \
     .type = FERRY_OPTION_STRING,                                                                  \
     .default_value = "TLSv1.2,TLSv1.3",                                                           \
     .help = "the TLS versions to accept"},                                                        \
        {.name = "connect_timeout",                                                                \
         .type = FERRY_OPTION_DURATION,                                                            \
         .default_value = "10s",                                                                   \
         .min = 1,                                                                                 \
         .max = 3600000,                                                                           \
         .help = "how long to wait for the connection"},                                           \
        {.name = "read_timeout",                                                                   \
         .type = FERRY_OPTION_DURATION,                                                            \
         .default_value = "10m",                                                                   \
         .min = 0,                                                                                 \
         .max = 86400000,                                                                          \
         .help = "how long to wait for any answer, the first row of a query included; \"0s\" = "   \
                 "never"},                                                                         \
        {.name = "time_zone",                                                                      \
         .type = FERRY_OPTION_STRING,                                                              \
         .default_value = "+00:00",                                                                \
         .flags = FERRY_OPTION_SOURCE_ONLY,                                                        \
         .help = "the session's time zone, in which TIMESTAMP columns arrive"},                    \
    {                                                                                              \
        .name = "session_variables", .type = FERRY_OPTION_PAIRS,                                   \
        .help = "more variables for the session, such as { group_concat_max_len = \"1000000\"; }"  \
    }

#endif /* DBFERRY_MYSQL_OPTIONS_H */
