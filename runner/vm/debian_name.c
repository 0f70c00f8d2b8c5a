// SPDX-License-Identifier: GPL-2.0-only
/* What names and versions of Debian's packages say. */
#include <ctype.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "debian.h"
#include "scratch.h"

static int char_order(char c)
{
	if (c == '~')
		return -1;
	if (!c || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? (unsigned char)c : (unsigned char)c + 256;
}

int debian_version_cmp(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long long na, nb;
		char *end;

		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			int diff = char_order(*a) - char_order(*b);

			if (diff)
				return diff;
			/* Equal orders are equal characters here, so neither has ended. */
			a++;
			b++;
		}
		na = strtoull(a, &end, 10);
		a = end;
		nb = strtoull(b, &end, 10);
		b = end;
		if (na != nb)
			return na < nb ? -1 : 1;
	}
	return 0;
}

bool debian_version_matches(const char *version, const char *spec)
{
	size_t len = strlen(spec);

	return !strncmp(version, spec, len) && (!version[len] || strchr(".+-~", version[len]));
}

/*
 * A release candidate's package has the name that the release will have, "7.3": ours must tell
 * them apart, and order them.
 */
int debian_kernel_version(const char *abi, const char *package_version, char *version, size_t sz)
{
	const char *rc = strstr(package_version, "~rc");

	if (!rc || strchr(abi, '~'))
		return text_format(version, sz, "%s", abi);
	return text_format(version, sz, "%s%.*s", abi, (int)strcspn(rc, "-"), rc);
}

int debian_abi(const char *version, char *abi, size_t sz)
{
	const char *rc = strstr(version, "~rc");

	return text_format(abi, sz, "%.*s", (int)(rc ? rc - version : (long)strlen(version)),
			   version);
}

/* "deb12" in "6.12.95+deb12", "deb11" in "6.1.0-0.deb11.52"; "" where a release has its own. */
static const char *build_of(const char *version, size_t *len)
{
	const char *build = strstr(version, "deb");

	*len = build ? 3 + strspn(build + 3, "0123456789") : 0;
	return build ? build : "";
}

size_t debian_series_len(const char *version)
{
	size_t len = strcspn(version, ".");

	return len + (version[len] == '.' ? 1 + strspn(version + len + 1, "0123456789") : 0);
}

bool debian_is_newer(const char *a, const char *b)
{
	size_t len = debian_series_len(a), len_a, len_b;
	const char *build_a = build_of(a, &len_a), *build_b = build_of(b, &len_b);

	if (len != debian_series_len(b) || strncmp(a, b, len) || debian_version_cmp(a, b) <= 0)
		return false;
	return strstr(b, "~rc") || (len_a == len_b && !strncmp(build_a, build_b, len_a));
}

/* The value of a field in the record at @record; "" when it has none. */
static void record_field(const char *record, size_t record_len, const char *name, char *value,
			 size_t sz)
{
	size_t name_len = strlen(name), len;
	const char *end = record + record_len;

	value[0] = '\0';
	for (; record < end; record += len + 1) {
		len = strcspn(record, "\n");
		if (len > name_len && !strncmp(record, name, name_len)) {
			snprintf(value, sz, "%.*s", (int)(len - name_len), record + name_len);
			return;
		}
	}
}

char *debian_index(const char *records)
{
	char name[256], version[128], depends[4096], *index = NULL;
	size_t len, sz = 0;
	FILE *out = open_memstream(&index, &sz);

	for (; out && *records; records += len) {
		const char *end = strstr(records, "\n\n"), *gcc;

		len = end ? (size_t)(end - records) + 2 : strlen(records);
		record_field(records, len, "Package: ", name, sizeof(name));
		record_field(records, len, "Version: ", version, sizeof(version));
		record_field(records, len, "Depends: ", depends, sizeof(depends));
		for (gcc = strstr(depends, "gcc-"); gcc && !isdigit((unsigned char)gcc[4]);
		     gcc = strstr(gcc + 4, "gcc-"))
			;
		if (name[0] && version[0])
			fprintf(out, "%s %s %.*s\n", name, version,
				gcc ? 4 + (int)strspn(gcc + 4, "0123456789") : 1, gcc ? gcc : "-");
	}
	if (out && fclose(out)) {
		free(index);
		index = NULL;
	}
	return index;
}

bool debian_index_next(const char **at, struct debian_package *p)
{
	char line[sizeof(*p) + 8];
	size_t len;

	while (**at) {
		len = strcspn(*at, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, *at);
		*at += len + ((*at)[len] == '\n');
		if (sscanf(line, "%255s %127s %31s", p->name, p->version, p->compiler) == 3)
			return true;
	}
	return false;
}

bool debian_index_has(const char *index, const char *package)
{
	size_t len = strlen(package);
	const char *p = index;

	while ((p = strstr(p, package))) {
		if ((p == index || p[-1] == '\n') && p[len] == ' ')
			return true;
		p += len;
	}
	return false;
}

bool debian_package_version(const char *package, const char *flavour, char *version, size_t sz)
{
	static const char *const prefixes[] = { "linux-image-", "linux-binary-unsigned-",
						"linux-binary-" };
	size_t flavour_len = strlen(flavour), len = strlen(package), i;

	if (len > 9 && !strcmp(package + len - 9, "-unsigned"))
		len -= 9;
	if (len <= flavour_len || strncmp(package + len - flavour_len, flavour, flavour_len))
		return false;
	len -= flavour_len;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t skip = strlen(prefixes[i]);

		if (len <= skip || strncmp(package, prefixes[i], skip))
			continue;
		/*
		 * "linux-image-6.12-cloud-amd64" is a meta package: the version of an image has two
		 * dots. The others have no meta packages, and "7.3" is a release candidate.
		 */
		if (!isdigit((unsigned char)package[skip]) ||
		    text_format(version, sz, "%.*s", (int)(len - skip), package + skip))
			return false;
		return strchr(version, '.') && (i || strchr(strchr(version, '.') + 1, '.'));
	}
	return false;
}

bool debian_needs_libc(const char *depends, const char *have)
{
	const char *at = strstr(depends, "libc6 (>= ");
	char want[32];

	return at && sscanf(at, "libc6 (>= %31[^)]", want) == 1 &&
	       debian_version_cmp(have, want) < 0;
}

int debian_kbuild_package(const char *version, bool is_split, char *package, size_t sz)
{
	const char *dot = strchr(version, '.');
	size_t len = strlen(version);

	/* "6.1.0-50": the number behind the dash is that of an ABI, and the tools are 6.1's. */
	if (!is_split && dot)
		len = dot + 1 + strspn(dot + 1, "0123456789") - version;
	return text_format(package, sz, "linux-kbuild-%.*s", (int)len, version);
}
