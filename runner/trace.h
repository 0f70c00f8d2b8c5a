/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracing needs and libbpf 1.1 has no call for, and probes that try it. */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <bpf/bpf.h>
#include "feature.h"

/* enum bpf_attach_type, as far as libbpf's headers lack it. */
#define ATTACH_TRACE_UPROBE_MULTI ((enum bpf_attach_type)48)	/* 6.6, 89ae89f53d20 */

/* Where in the file of this process's program the function at @text is; -ENOENT. */
int trace_file_offset(const void *text, uint64_t *offset);
/* @prog_fd at one place of the file @path, for all processes. The link's descriptor, or -errno. */
int trace_uprobe_multi(int prog_fd, const char *path, uint64_t offset, bool is_return);
/*
 * Tracefs where libbpf looks for it. Where nobody has mounted it, this process does, in a mount
 * namespace of its own, which ends with it.
 */
int trace_have_tracefs(void);

/*
 * For the table of features: 1, 0 with a clause in @why, or -errno. @f->what names the function,
 * tracepoint or file that is tried; trace_probe_btf(), _trampoline() and
 * _lsm(): @f->number is the attach type.
 */
int trace_probe_btf(const struct feature *f, char *why, size_t why_sz);
int trace_probe_trampoline(const struct feature *f, char *why, size_t why_sz);
int trace_probe_kprobe_multi(const struct feature *f, char *why, size_t why_sz);
int trace_probe_uprobe(const struct feature *f, char *why, size_t why_sz);
int trace_probe_uprobe_multi(const struct feature *f, char *why, size_t why_sz);
int trace_probe_raw_tp(const struct feature *f, char *why, size_t why_sz);
int trace_probe_tp(const struct feature *f, char *why, size_t why_sz);
int trace_probe_perf_event(const struct feature *f, char *why, size_t why_sz);
int trace_probe_lsm(const struct feature *f, char *why, size_t why_sz);

#endif
