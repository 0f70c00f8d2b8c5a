/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by progs/hook_trace.bpf.c and prog_tests/hook_trace.c. */
#ifndef HOOK_TRACE_H
#define HOOK_TRACE_H

/* In the map that the iterator walks over; a power of two. */
#define HOOK_TRACE_ELEMENTS 1024

#endif
