# SPDX-License-Identifier: GPL-2.0-only
#
# make			bench_progs and bench_vm
# make deps		install what the build and a guest need
# make run		measure in a guest; KERNEL=debian:6.1, an image or a build tree; ARGS='-t hash'
# make matrix		measure on every kernel of LIST, by default tests/matrix.list
# make run-native	measure on the running kernel
# make ARCH=arm64	bench_progs.arm64 as well, for guests of bench_vm --arch arm64; run does so too
# make check		the tests of the suite itself; sanitize, coverage: its unit tests so
# V=1 shows commands; CLANG, BPFTOOL, CC, HOSTCC, ARCH, CROSS_COMPILE, VMLINUX_BTF as in the kernel.

# "make deps check" on a bare machine: nothing else may be looked at before deps is done.
BEHIND_DEPS := $(if $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS)))
ifneq ($(BEHIND_DEPS),)
.PHONY: deps behind_deps $(BEHIND_DEPS)
deps:
	@.ci/deps.sh install
# Under sudo, what is built belongs to the user, who will build again without it.
behind_deps: deps
	@+$(MAKE) --no-print-directory $(BEHIND_DEPS); status=$$?; \
	[ -z "$$SUDO_UID" ] || chown -R "$$SUDO_UID:$$SUDO_GID" .; exit $$status
$(BEHIND_DEPS): behind_deps
	@:
else

ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(filter-out clean,$(MAKECMDGOALS))),)
.NOTPARALLEL:
endif

MAKEFLAGS += --no-builtin-rules
# bpftool lives where an ordinary user's PATH does not look.
export PATH := $(PATH):/usr/sbin:/sbin
.DELETE_ON_ERROR:
.SUFFIXES:

HOST_ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/' -e 's/riscv64/riscv/')
ARCH ?= $(HOST_ARCH)
SRCARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(ARCH)))

# Another architecture than this machine's: only the runner is built for it, with libraries from a
# directory in the cache. What is generated for it lies beside this machine's.
ifneq ($(SRCARCH),$(HOST_ARCH))
CROSS := $(SRCARCH)
TRIPLE_x86 := x86_64-linux-gnu
TRIPLE_arm64 := aarch64-linux-gnu
TRIPLE := $(or $(TRIPLE_$(CROSS)),$(error ARCH=$(ARCH): guests are x86 or arm64))
CROSS_COMPILE ?= $(TRIPLE)-
SYSROOT := $(or $(BENCH_CACHE),$(XDG_CACHE_HOME:%=%/bench_progs),$(HOME)/.cache/bench_progs)/sysroot-$(CROSS)
PKG_CONFIG ?= PKG_CONFIG_SYSROOT_DIR='$(SYSROOT)' \
	      PKG_CONFIG_LIBDIR='$(SYSROOT)/usr/lib/$(TRIPLE)/pkgconfig' $(HOST_PKG_CONFIG)
VMLINUX_BTF ?= $(O)/vmlinux.btf
CPPFLAGS += -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(TRIPLE)
LDFLAGS += -L$(SYSROOT)/usr/lib/$(TRIPLE) -L$(SYSROOT)/lib/$(TRIPLE)
unexport CPPFLAGS LDFLAGS
NOT_HERE := $(filter unit check sanitize coverage run-native,$(MAKECMDGOALS))
ifneq ($(NOT_HERE),)
$(error $(NOT_HERE): on this machine only, without ARCH=$(ARCH))
endif
endif
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
AR := $(CROSS_COMPILE)ar
STRIP := $(CROSS_COMPILE)strip
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
HOSTCC ?= gcc
HOST_PKG_CONFIG ?= pkg-config
CLANG ?= clang
BPFTOOL ?= bpftool
HOST_VMLINUX_BTF ?= /sys/kernel/btf/vmlinux
VMLINUX_BTF ?= $(HOST_VMLINUX_BTF)
KERNEL ?= debian:6.12
LIST ?= tests/matrix.list
ARGS ?=

# VARIANT: a second set of objects, built with other CFLAGS.
VARIANT ?=
O := .output/$(SRCARCH)$(VARIANT)
RUNNER := bench_progs$(CROSS:%=.%)
SKEL := skel$(CROSS:%=/%)
VMLINUX := vmlinux$(CROSS:%=/%)
Q := $(if $(filter 1,$(V)),,@)
comma := ,
msg = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

CFLAGS ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -Irunner -Iprogs -Iprog_tests -I$(SKEL) -DBPF_COMPILER='"$(BPF_COMPILER)"'
WARN := -Wall -Wextra -Werror
# The same files wherever they are built. The BTF of a program names its source, and how long that
# name is moves what the kernel keeps in memory, and counts with it.
# clang takes the directory from $PWD, which may be a symbolic link to this one.
export PWD := $(CURDIR)
NO_PATH := '-fdebug-prefix-map=$(CURDIR)=.'
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(NO_PATH) -MMD -MP $(CPPFLAGS)
# Kernels from 7.0 on use tagged anonymous members, an extension that vmlinux.h then shows.
BPF_CFLAGS = -target bpf -g -O2 $(WARN) $(NO_PATH) -fms-extensions -Wno-microsoft-anon-tag \
	     -D__TARGET_ARCH_$(SRCARCH) -I$(VMLINUX) -Iprogs $(BPF_CPPFLAGS)
BPF_COMPILER = $(shell $(CLANG) --version 2>/dev/null | sed -n 's/.*\(clang version [^ ]*\).*/\1/p')

# The ruler is checked before anything is measured with it.
FAMILIES := selfcheck $(filter-out selfcheck,$(sort $(patsubst progs/%.bpf.c,%,$(wildcard progs/*.bpf.c))))
BPF_OBJS := $(FAMILIES:%=$(SKEL)/%.bpf.o)
SKELS := $(FAMILIES:%=$(SKEL)/%.skel.h)
# What a family compiles for a version of the instruction set, progs/FAMILY/v1.bpf.c ... v4.bpf.c,
# is linked into its object; all else is v3. Compilers without v4 (clang before 18) make it v3 too.
isa_parts = $(patsubst progs/%.c,$(SKEL)/%.o,$(wildcard progs/$(1)/v[1-4].bpf.c))
isa_known = $(if $(filter v4,$(1)),$(shell $(CLANG) -target bpf -mcpu=v4 -E -x c /dev/null \
	    >/dev/null 2>&1 && echo v4 || echo v3),$(1))
isa = $(call isa_known,$(or $(filter v1 v2 v3 v4,$(notdir $(1))),v3))
USER_SRCS := $(sort $(wildcard prog_tests/*.c))
CORE_OBJS := $(patsubst %.c,$(O)/%.o,$(sort $(wildcard runner/core/*.c)))
REPORT_OBJS := $(patsubst %.c,$(O)/%.o,$(sort $(wildcard runner/report*.c)))
# Shared by the runner and the launcher.
SHARED_OBJS := $(REPORT_OBJS) $(addprefix $(O)/runner/,options.o list_file.o baseline.o doc_set.o)
NET_OBJS := $(patsubst %.c,$(O)/%.o,$(sort $(wildcard runner/net/*.c)))
# Of the runner, but tested one by one: they need a kernel, not libbpf.
KERNEL_OBJS := $(O)/runner/cgroup.o $(O)/runner/perf.o $(O)/runner/workers.o
GUEST_OBJS := $(O)/runner/vm/guest.o
RUNNER_OBJS := $(filter-out $(SHARED_OBJS) $(O)/runner/gen_families.o, \
		$(patsubst %.c,$(O)/%.o,$(sort $(wildcard runner/*.c)))) \
	       $(patsubst %.c,$(O)/%.o,$(USER_SRCS)) $(GUEST_OBJS)
VM_OBJS := $(filter-out $(GUEST_OBJS),$(patsubst %.c,$(O)/%.o,$(sort $(wildcard runner/vm/*.c))))

.PHONY: all run matrix run-native check unit sanitize coverage deps clean help FORCE
all: $(RUNNER) $(if $(CROSS),host,bench_vm)

# bench_vm, and the bench_progs that it asks what there is.
.PHONY: host
host:
	$(Q)$(MAKE) --no-print-directory ARCH=$(HOST_ARCH) CROSS_COMPILE= CC='$(HOSTCC)' \
		PKG_CONFIG='$(HOST_PKG_CONFIG)' VMLINUX_BTF='$(HOST_VMLINUX_BTF)' all

help:
	@sed -n '3,10s/^# //p' Makefile

deps:
	$(Q).ci/deps.sh install

run: all
	$(Q)mkdir -p results
	$(Q)./bench_vm $(CROSS:%=--arch %) -k $(KERNEL) -- run -o table \
		-o jsonl:results/$(subst :,-,$(subst /,_,$(KERNEL)))$(CROSS:%=-%).jsonl $(ARGS)

matrix: all
	$(Q)./bench_vm matrix $(CROSS:%=--arch %) -k @$(LIST) -- $(ARGS)

run-native: bench_progs
	$(Q)mkdir -p results
	$(Q)./bench_progs run -o table -o jsonl:results/native.jsonl $(ARGS)

# What is missing is one clear line, before a compiler complains about its consequences.
ifneq ($(filter-out clean deps help,$(or $(MAKECMDGOALS),all)),)
MISSING := $(shell CC='$(CC)' CLANG='$(CLANG)' BPFTOOL='$(BPFTOOL)' PKG_CONFIG='$(if $(CROSS),$(HOST_PKG_CONFIG),$(PKG_CONFIG))' \
		   .ci/deps.sh missing-for-build)
ifneq ($(MISSING),)
$(error missing: $(MISSING) ("make deps" installs it))
endif
endif

# vmlinux.h: from any BTF, rewritten only when it changes.
$(VMLINUX)/vmlinux.h: FORCE $(if $(CROSS),$(filter $(O)/vmlinux.btf,$(VMLINUX_BTF)))
	$(Q)mkdir -p $(@D)
	$(Q)vmlinux/gen.sh '$(BPFTOOL)' '$(VMLINUX_BTF)' $@

$(O)/vmlinux.btf: | host
	$(Q)mkdir -p $(@D)
	$(call msg,BTF,$(KERNEL))./bench_vm vmlinux --arch $(CROSS) -k $(KERNEL) -o $@

ifdef CROSS
$(O)/cc.flags: $(SYSROOT)/packages
$(SYSROOT)/packages: FORCE
	$(Q).ci/sysroot.sh $(patsubst x86,amd64,$(CROSS)) $(@D)
endif

$(NET_OBJS): CPPFLAGS += $(shell $(PKG_CONFIG) --cflags libnl-route-3.0 2>/dev/null)

# Other tools or flags make other objects: their text is a prerequisite.
remember = $(Q)mkdir -p $(@D); echo '$(subst ','\'',$(1))' | cmp -s - $@ || \
	   echo '$(subst ','\'',$(1))' > $@
$(O)/cc.flags: FORCE
	$(call remember,$(CC) $(ALL_CFLAGS))
$(SKEL)/bpf.flags: FORCE
	$(call remember,$(CLANG) $(BPF_CFLAGS) $(BPF_COMPILER) $(BPFTOOL))
.output/link$(CROSS:%=-%).flags: FORCE
	$(call remember,$(O) $(CC) $(CFLAGS) $(LDFLAGS))

.SECONDEXPANSION:
$(SKEL)/%.bpf.o: progs/%.bpf.c $(VMLINUX)/vmlinux.h $(SKEL)/bpf.flags $$(call isa_parts,$$*)
	$(Q)mkdir -p $(@D) $(dir $(O)/progs/$*)
	$(call msg,CLANG,$<)$(CLANG) $(BPF_CFLAGS) -mcpu=$(call isa,$*) -MMD -MP -MF $(O)/progs/$*.d -MT $@ -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp $(call isa_parts,$*)
	$(Q)rm -f $@.tmp

$(SKEL)/%.skel.h: $(SKEL)/%.bpf.o
	$(call msg,SKEL,$@)$(BPFTOOL) gen skeleton $< name $* > $@

# Checked whenever a program changes, rewritten only when a family comes or goes.
$(O)/families.stamp: $(O)/host/gen_families $(O)/families.list $(BPF_OBJS) $(USER_SRCS)
	$(call msg,CHECK,$(SKEL)/families.h)$(O)/host/gen_families $(BPF_OBJS) -- $(USER_SRCS) > $@
	$(Q)cmp -s $@ $(SKEL)/families.h || cp $@ $(SKEL)/families.h

# A file that is gone is newer than nothing: the names are a prerequisite themselves.
$(O)/families.list: FORCE | $(DIRS)
	$(Q)echo '$(BPF_OBJS) $(USER_SRCS)' | cmp -s - $@ || echo '$(BPF_OBJS) $(USER_SRCS)' > $@

$(SKEL)/families.h: $(O)/families.stamp
	$(Q)test -e $@ || cp $< $@

# Runs while building, so it is always the host's.
$(O)/host/gen_families: runner/gen_families.c runner/tags.c runner/feature.c runner/trace.c \
		runner/core/bench.c \
		runner/core/bench_tags.c runner/core/bench_decl.h runner/core/bench.h \
		runner/core/doc.h runner/registry.h runner/feature.h runner/trace.h
	$(call msg,HOSTCC,$@)mkdir -p $(@D) && $(HOSTCC) -std=gnu11 -O1 $(WARN) -D_GNU_SOURCE -DFEATURE_NAMES_ONLY -Irunner \
		$(filter %.c,$^) -o $@ $$($(HOST_PKG_CONFIG) --libs libbpf jansson)

$(O)/runner/registry.o: $(SKEL)/families.h
$(patsubst %.c,$(O)/%.o,$(USER_SRCS)): $(O)/prog_tests/%.o: $(SKEL)/%.skel.h

DIRS := $(sort $(addprefix $(O)/,runner runner/core runner/net runner/vm prog_tests progs tests host))
$(DIRS):
	$(Q)mkdir -p $@
$(CORE_OBJS) $(NET_OBJS) $(SHARED_OBJS) $(RUNNER_OBJS) $(VM_OBJS) $(BPF_OBJS): | $(DIRS)

$(O)/%.o: %.c $(O)/cc.flags
	$(call msg,CC,$<)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(O)/libcore.a: $(CORE_OBJS)
	$(call msg,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(O)/libnet.a: $(NET_OBJS)
	$(call msg,AR,$@)rm -f $@ && $(AR) rcs $@ $^

# libnl's look-ups of names, which nothing calls: they would bring a resolver that does not work
# in a static binary, and a warning of the linker for each.
NO_RESOLVER := $(patsubst %,-Wl$(comma)--defsym=%=0,getaddrinfo getprotobyname getprotobynumber)
# Of capstone only x86 and arm64, in one syntax: the others would be 3 of its 5 MB in the runner, which
# every guest unpacks.
OTHER_ARCHS := ARM Mips PPC Sparc SystemZ XCore M68K TMS320C64x M680X EVM
FEW_ARCHS := $(foreach arch,$(OTHER_ARCHS),-Wl,--defsym=$(arch)_global_init=0,--defsym=$(arch)_option=0) \
	     -Wl,--defsym=X86_ATT_printInst=0
NET_LIBS := libbpf libelf zlib libnl-route-3.0

# libbpf parses the kernel's BTF once: runner/vmlinux_btf.c.
ONE_BTF := -Wl,--wrap=btf__load_vmlinux_btf,--wrap=btf__free,--wrap=btf__find_by_name_kind
$(RUNNER): $(RUNNER_OBJS) $(SHARED_OBJS) $(O)/libnet.a $(O)/libcore.a .output/link$(CROSS:%=-%).flags
	$(call msg,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -static -pthread $(NO_RESOLVER) $(FEW_ARCHS) $(ONE_BTF) \
		-o $(O)/$@ $(filter-out %.flags,$^) \
		$$($(PKG_CONFIG) --static --libs $(NET_LIBS) jansson capstone) -lm
	$(Q)$(STRIP) -o $@ $(O)/$@

ifndef CROSS
bench_vm: $(VM_OBJS) $(SHARED_OBJS) $(O)/libcore.a .output/link.flags
	$(call msg,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %.flags,$^) \
		$$($(PKG_CONFIG) --libs liblz4 libzstd liblzma zlib jansson capstone) -lm
endif

# Tests of the suite itself: one binary for each tests/test_*.c.
KSFT_DIR ?=
UNIT_SRCS := $(sort $(wildcard tests/test_*.c))
UNIT_BINS := $(UNIT_SRCS:tests/%.c=$(O)/tests/%)
# With a kernel's header: forced in, its guard empties ours. Its macros compare signs freely.
TEST_FLAGS := -Itests $(if $(KSFT_DIR),-include $(KSFT_DIR)/kselftest_harness.h \
		-Wno-unused-parameter -Wno-sign-compare)
# Allocation failures are part of the interface: tests that define a __wrap_ function get it.
wraps = $(addprefix -Wl$(comma)--wrap=,$(shell grep -ho '__wrap_[a-z]*' $(call with_headers,$(1)) \
		| sed 's/__wrap_//' | sort -u))
with_headers = $(1) $(wildcard $(addprefix tests/,$(shell sed -n 's/^#include "\([a-z_]*\.h\)"/\1/p' $(1))))

$(O)/tests/%: tests/%.c $(O)/libcore.a $(O)/libnet.a $(SHARED_OBJS) $(KERNEL_OBJS) \
		$(VM_OBJS) | $(DIRS)
	$(call msg,TEST,$@)$(CC) $(ALL_CFLAGS) $(TEST_FLAGS) $(call wraps,$<) -o $@ $< $(SHARED_OBJS) \
		$(KERNEL_OBJS) $(filter-out %/bench_vm.o,$(VM_OBJS)) $(O)/libnet.a $(O)/libcore.a \
		$$($(PKG_CONFIG) --libs $(NET_LIBS) liblz4 libzstd liblzma zlib jansson capstone) -lm

unit: $(UNIT_BINS)

check: all unit
	$(Q)tests/check.sh $(O)

# The unit tests again: under sanitizers, and with the lines and branches they reach in runner/core.
sanitize:
	$(Q)$(MAKE) --no-print-directory VARIANT=-sanitize \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover' unit
	$(Q)tests/check_unit.sh $(O)-sanitize

coverage:
	$(Q)rm -f $(O)-coverage/runner/core/*.gcda
	$(Q)$(MAKE) --no-print-directory VARIANT=-coverage CFLAGS='-O0 -g --coverage' unit
	$(Q)tests/check_unit.sh $(O)-coverage
	$(Q)tests/coverage.sh $(O)-coverage

clean:
	$(Q)rm -rf .output bench_progs bench_progs.* bench_vm skel/*/ skel/*.bpf.o skel/*.skel.h skel/families.h \
		skel/*.tmp skel/*.flags vmlinux/vmlinux.h vmlinux/*/

FORCE:

-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d)
.SECONDARY: $(BPF_OBJS) $(SKELS) $(foreach f,$(FAMILIES),$(call isa_parts,$(f)))

endif
