# How a page written in POD becomes a manual page; the section is in the name that is asked for.

SUFFIXES = .pod .1 .3 .5 .7
pod_to_man = $(AM_V_GEN)$(POD2MAN) --utf8 --errors=die --center=dbferry \
	--release='dbferry $(PACKAGE_VERSION)' --name=`basename $* | tr a-z A-Z`

.pod.1:
	$(pod_to_man) --section=1 $< $@
.pod.3:
	$(pod_to_man) --section=3 $< $@
.pod.5:
	$(pod_to_man) --section=5 $< $@
.pod.7:
	$(pod_to_man) --section=7 $< $@
