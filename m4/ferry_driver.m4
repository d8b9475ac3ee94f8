# One macro declares a driver: where it is looked for, whether it is built, and why not.

# FERRY_DRIVERS_INIT
# ------------------
# Starts the list of drivers.  Call it once, before the first FERRY_DRIVER.
AC_DEFUN([FERRY_DRIVERS_INIT], [
    AC_REQUIRE([PKG_PROG_PKG_CONFIG])
    DRIVER_DIRS=
    DRIVER_DIST_DIRS=
    ferry_driver_summary=
    ferry_driver_missing=
    AC_SUBST([DRIVER_DIRS])
    AC_SUBST([DRIVER_DIST_DIRS])
])

# FERRY_DRIVER_IN_THE_MAKING(NAME)
# --------------------------------
# Says of the driver, before its FERRY_DRIVER, that it is not ready to be trusted: it is built only
# where --with-NAME asks for it.
AC_DEFUN([FERRY_DRIVER_IN_THE_MAKING],
    [m4_define([ferry_in_the_making_]m4_translit([$1], [-], [_]), [yes])])

# FERRY_DRIVER(NAME, VARIABLE, SUMMARY, [PKG-CONFIG MODULES], [HEADERS])
# ----------------------------------------------------------------------
# Declares the driver in plugins/NAME.  VARIABLE is the prefix of its make variables:
# VARIABLE_CFLAGS and VARIABLE_LIBS hold what its libraries need.
#
#   by default      built if its modules and headers are found, and it is not in the making
#   --with-NAME     built, or configure fails; the failure comes after the summary, so that it
#                   names everything that is missing and not only the first piece
#   --without-NAME  not looked for
AC_DEFUN([FERRY_DRIVER], [
    AC_ARG_WITH([$1],
        [AS_HELP_STRING([--with-$1], [build the driver $1: $3 (default: ]m4_ifdef(
            [ferry_in_the_making_]m4_translit([$1], [-], [_]), [no], [if possible])[)])],
        [], [with_]m4_translit([$1], [-], [_])[=check])
    ferry_want=$with_[]m4_translit([$1], [-], [_])
    ferry_reason=
    m4_ifdef([ferry_in_the_making_]m4_translit([$1], [-], [_]),
        [AS_IF([test "x$ferry_want" = xcheck],
            [ferry_want=no ferry_reason="in the making; --with-$1 builds it"])])
    $2_CFLAGS=${$2_CFLAGS-}
    $2_LIBS=${$2_LIBS-}
    AS_IF([test "x$ferry_want" = xno], [ferry_reason=${ferry_reason:---without-$1}], [
        m4_ifnblank([$4], [
        PKG_CHECK_MODULES([$2], [$4], [],
            [ferry_reason=`$PKG_CONFIG --print-errors --short-errors --exists "$4" 2>&1 |
                 sed -e "s/, required by 'virtual:world', / /" -e "s/^Package '\([[^']]*\)'/\1/" |
                 paste -s -d, | sed 's/,/, /g'`
             test -n "$ferry_reason" || ferry_reason="pkg-config does not find $4"])
        ])
        m4_ifnblank([$5], [
        AS_IF([test -z "$ferry_reason"], [
            ferry_save_CPPFLAGS=$CPPFLAGS
            CPPFLAGS="$CPPFLAGS $$2_CFLAGS"
            AC_CHECK_HEADERS([$5], [], [ferry_reason="${ferry_reason:+$ferry_reason, }$ac_header not found"],
                [#include <stddef.h>])
            CPPFLAGS=$ferry_save_CPPFLAGS
        ])
        ])
    ])
    AS_IF([test -z "$ferry_reason"],
        [DRIVER_DIRS="$DRIVER_DIRS $1"
         ferry_answer=yes],
        [ferry_answer="no ($ferry_reason)"
         AS_IF([test "x$ferry_want" = xyes],
             [ferry_driver_missing="$ferry_driver_missing
    $1: $ferry_reason"])])
    DRIVER_DIST_DIRS="$DRIVER_DIST_DIRS $1"
    ferry_driver_summary="$ferry_driver_summary
`printf '    %-11s %-34s %s' '$1' '$3' "$ferry_answer"`"
    AM_CONDITIONAL([BUILD_]m4_toupper(m4_translit([$1], [-], [_])), [test "x$ferry_answer" = xyes])
    AC_SUBST([$2_CFLAGS])
    AC_SUBST([$2_LIBS])
    AC_CONFIG_FILES([plugins/$1/Makefile])
])

# FERRY_DRIVERS_REQUIRE
# ---------------------
# Fails if a driver that was asked for cannot be built.  Call it after the summary is printed.
AC_DEFUN([FERRY_DRIVERS_REQUIRE], [
    AS_IF([test -n "$ferry_driver_missing"],
        [AC_MSG_ERROR([these drivers were asked for and cannot be built:$ferry_driver_missing
Install what is missing, or leave the --with option out.])])
])
