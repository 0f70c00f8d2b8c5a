// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decompress.h"
#include "module.h"
#include "scratch.h"

#define MODULE_MAX	(256ul << 20)
#define DEPENDS_SZ	1024
#define DEPTH_MAX	16	/* a chain of dependencies; real ones have 5 or 6 */

int module_read(const char *path, char **data, size_t *len)
{
	char *packed;
	size_t packed_len;
	int err;

	err = file_read(path, MODULE_MAX, &packed, &packed_len);
	if (err)
		return err;
	/* The kernel decompresses modules from 5.17 on, and only with its own choice of format. */
	if (compression_detect(packed, packed_len) == COMPRESSION_NONE) {
		*data = packed;
		*len = packed_len;
	} else {
		err = decompress(packed, packed_len, MODULE_MAX, data, len);
		free(packed);
		if (err)
			return err;
	}
	if (*len < sizeof(Elf64_Ehdr) || memcmp(*data, ELFMAG, SELFMAG)) {
		free(*data);
		return -ENOEXEC;
	}
	return 0;
}

bool module_depends(const void *data, size_t len, char *depends, size_t sz)
{
	static const char key[] = "depends=";
	const char *p = data, *end = p + len, *at;

	/* In .modinfo, a row of "key=value" strings with a NUL behind each. */
	while ((at = memmem(p, (size_t)(end - p), key, sizeof(key) - 1))) {
		const char *value = at + sizeof(key) - 1;
		size_t value_len = strnlen(value, (size_t)(end - value));

		if (at > (const char *)data && !at[-1] && value + value_len < end)
			return !text_format(depends, sz, "%s", value);
		p = value;
	}
	return false;
}

bool module_name_matches(const char *file, const char *name)
{
	for (; *name; file++, name++) {
		char a = *file == '-' ? '_' : *file, b = *name == '-' ? '_' : *name;

		if (a != b)
			return false;
	}
	return !strncmp(file, ".ko", 3) && (!file[3] || file[3] == '.');
}

static int module_find(const char *dir, const char *name, char *path, size_t sz)
{
	char *const roots[] = { (char *)dir, NULL };
	int err = -ENOENT;
	FTSENT *e;
	FTS *fts;

	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (!fts)
		return -errno;
	while (err == -ENOENT && (e = fts_read(fts))) {
		if ((e->fts_info == FTS_F || e->fts_info == FTS_NSOK) &&
		    module_name_matches(e->fts_name, name))
			err = text_format(path, sz, "%s", e->fts_path);
	}
	fts_close(fts);
	return err;
}

static int module_list_put(struct scratch *s, struct module_list *l, const char *path)
{
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (!strcmp(l->paths[i], path))
			return 0;
	}
	if (l->nr == NR_MODULES_MAX)
		return scratch_fail(s, VM_USAGE, -E2BIG, "more than %d modules", NR_MODULES_MAX);
	l->paths[l->nr] = strdup(path);
	if (!l->paths[l->nr])
		return -ENOMEM;
	l->nr++;
	return 0;
}

static int module_list_add_file(struct scratch *s, struct module_list *l, const char *dir,
				const char *path, int depth);

static int module_list_add_name(struct scratch *s, struct module_list *l, const char *dir,
				const char *name, int depth)
{
	char path[PATH_MAX];

	if (!dir[0] || module_find(dir, name, path, sizeof(path))) {
		scratch_note(s, "no module %s for this kernel: built in, or missing", name);
		return 0;
	}
	if (depth > DEPTH_MAX)
		return scratch_fail(s, VM_USAGE, -ELOOP, "the modules %s needs go in a circle",
				    name);
	return module_list_add_file(s, l, dir, path, depth);
}

/* The file at @path, behind what it depends on. */
static int module_list_add_file(struct scratch *s, struct module_list *l, const char *dir,
				const char *path, int depth)
{
	char depends[DEPENDS_SZ] = "", *data, *dep, *save = NULL;
	size_t len;
	int err;

	err = module_read(path, &data, &len);
	if (err)
		return scratch_fail(s, VM_USAGE, err, "cannot read the module %s: %s", path,
				    strerror(-err));
	module_depends(data, len, depends, sizeof(depends));
	free(data);
	for (dep = strtok_r(depends, ",", &save); dep && !err; dep = strtok_r(NULL, ",", &save))
		err = module_list_add_name(s, l, dir, dep, depth + 1);
	return err ? err : module_list_put(s, l, path);
}

int module_list_add(struct scratch *s, struct module_list *l, const char *dir, const char *spec)
{
	if (strchr(spec, '/') || strstr(spec, ".ko"))
		return module_list_put(s, l, spec);
	return module_list_add_name(s, l, dir, spec, 0);
}

int module_list_add_usual(struct scratch *s, struct module_list *l, const char *dir)
{
	static const char *const files[] = { "drivers/net/veth.ko", "net/sched/sch_ingress.ko",
					     "net/sched/cls_bpf.ko" };
	/* Below a build tree and the cache of Debian's kernels, and below /lib/modules/RELEASE. */
	static const char *const roots[] = { "", "kernel/" };
	static const char *const packings[] = { "", ".xz", ".zst", ".gz" };
	const size_t nr_packings = sizeof(packings) / sizeof(packings[0]);
	char path[PATH_MAX];
	size_t i, j;
	int err = 0;

	l->nr_asked = l->nr;
	for (i = 0; i < sizeof(files) / sizeof(files[0]) && dir[0] && !err; i++) {
		for (j = 0; j < 2 * nr_packings; j++) {
			if (!text_format(path, sizeof(path), "%s/%s%s%s", dir,
					 roots[j / nr_packings], files[i],
					 packings[j % nr_packings]) && !access(path, R_OK)) {
				err = module_list_add_file(s, l, dir, path, 0);
				break;
			}
		}
	}
	return err;
}

void module_list_free(struct module_list *l)
{
	while (l->nr)
		free(l->paths[--l->nr]);
}
