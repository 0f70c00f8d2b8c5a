/* SPDX-License-Identifier: GPL-2.0-only */
/* Constants of the family, for programs and user space. */
#ifndef SHARING_LINE_H
#define SHARING_LINE_H

#define SHARING_CPUS 8
#define WORDS_PER_LINE 8
#define WORDS_PER_PAGE 512

#endif
