# Compiler and linker flags that are used only where they are supported.

# FERRY_CHECK_CFLAG(VARIABLE, FLAG)
# ---------------------------------
# Appends FLAG to VARIABLE if the compiler takes it without a warning.
AC_DEFUN([FERRY_CHECK_CFLAG], [
    AC_MSG_CHECKING([whether $CC takes $2])
    ferry_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
        [AC_MSG_RESULT([yes])
         $1="$$1 $2"],
        [AC_MSG_RESULT([no])])
    CFLAGS=$ferry_save_CFLAGS
])

# FERRY_CHECK_LDFLAG(VARIABLE, FLAG)
# ----------------------------------
# Appends FLAG to VARIABLE if a program links with it.
AC_DEFUN([FERRY_CHECK_LDFLAG], [
    AC_MSG_CHECKING([whether the linker takes $2])
    ferry_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
        [AC_MSG_RESULT([yes])
         $1="$$1 $2"],
        [AC_MSG_RESULT([no])])
    LDFLAGS=$ferry_save_LDFLAGS
])

# FERRY_CHECK_CLEANUP
# -------------------
# Fails if __attribute__((cleanup)) does not work: memory bound to a scope depends on it.
AC_DEFUN([FERRY_CHECK_CLEANUP], [
    AC_CACHE_CHECK([whether __attribute__((cleanup)) works], [ferry_cv_cleanup], [
        AC_RUN_IFELSE([AC_LANG_SOURCE([[
static int cleaned;
static void clean(int *value) { cleaned += *value; }
static int scope(void) { __attribute__((cleanup(clean))) int one = 1; return one; }
int main(void) { return scope() == 1 && cleaned == 1 ? 0 : 1; }
]])], [ferry_cv_cleanup=yes], [ferry_cv_cleanup=no], [
        AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
static void clean(int *value) { (void)value; }
int main(void) { __attribute__((cleanup(clean))) int one = 1; return one - 1; }
]])], [ferry_cv_cleanup=yes], [ferry_cv_cleanup=no])
        ])
    ])
    AS_IF([test "x$ferry_cv_cleanup" != xyes],
        [AC_MSG_ERROR([the compiler does not support __attribute__((cleanup)); use gcc or clang])])
])
