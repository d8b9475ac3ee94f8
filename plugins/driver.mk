# How every driver is built.  A driver's Makefile.am includes this file, sets DRIVER to its name,
# and says with driver_LTLIBRARIES or noinst_LTLIBRARIES whether it is installed.

AM_CPPFLAGS = -I$(top_srcdir)/src/include -I$(top_srcdir)/plugins $(FERRY_CPPFLAGS)
# Thread-local memory is there with the thread: what a shared object gets otherwise is asked for at the
# first use, and the loader ends the program where there is none.
AM_CFLAGS = $(FERRY_CFLAGS) -ftls-model=initial-exec
AM_LDFLAGS = -module -avoid-version -shared $(FERRY_LDFLAGS) \
	-Wl,--version-script=$(top_srcdir)/plugins/driver.syms

# The folder from which an uninstalled dbferry loads its drivers.  libtool hides them in .libs, and
# the program refuses a driver that others may write, whatever the umask of the build was.
collected = $(top_builddir)/drivers/$(DRIVER).so

all-local: $(collected)

$(collected): $(DRIVER).la
	$(AM_V_GEN)$(MKDIR_P) $(top_builddir)/drivers && chmod 755 $(top_builddir)/drivers && \
	$(INSTALL) -m 755 .libs/$(DRIVER).so $@

clean-local:
	rm -f $(collected)
	-rmdir $(top_builddir)/drivers 2>/dev/null

# dlopen needs no .la file, and one that lies in the driver folder only confuses.  The program
# refuses drivers in a folder that others may write, which a umask of 002 would make.
install-data-hook:
	rm -f $(DESTDIR)$(driverdir)/$(DRIVER).la
	-if test -d $(DESTDIR)$(driverdir); then chmod go-w $(DESTDIR)$(driverdir); fi

uninstall-local:
	rm -f $(DESTDIR)$(driverdir)/$(DRIVER).so

# The driver's manual page, where it has one: driver_page = dbferry-$(DRIVER).7
include $(top_srcdir)/docs/pod.mk
CLEANFILES = $(driver_page)
