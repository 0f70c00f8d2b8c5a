// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>

#include "kselftest_harness.h"
#include "vm/arch.h"
#include "vm/image.h"

#define PAYLOAD_AT	0x400

/* A bzImage of one setup sector whose payload starts at PAYLOAD_AT. */
static void bzimage_make(unsigned char *p, size_t len, uint32_t payload_len)
{
	uint32_t off = PAYLOAD_AT - 2 * 512;

	memset(p, 0, len);
	p[0x1f1] = 1;
	p[0x1fe] = 0x55;
	p[0x1ff] = 0xaa;
	memcpy(p + 0x202, "HdrS", 4);
	p[0x206] = 0x0f;
	p[0x207] = 0x02;
	memcpy(p + 0x248, &off, 4);
	memcpy(p + 0x24c, &payload_len, 4);
}

struct elf_file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	struct {
		Elf64_Nhdr nh;
		char name[4];
		char desc[8];
	} other, pvh;
	Elf64_Shdr sh[3];
	char names[32];
};

static void elf_make(struct elf_file *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->eh.e_ident, ELFMAG, SELFMAG);
	f->eh.e_ident[EI_CLASS] = ELFCLASS64;
	f->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f->eh.e_type = ET_EXEC;
	f->eh.e_machine = EM_X86_64;
	f->eh.e_phoff = offsetof(struct elf_file, ph);
	f->eh.e_phnum = 1;
	f->ph.p_type = PT_NOTE;
	f->ph.p_offset = offsetof(struct elf_file, other);
	f->ph.p_filesz = sizeof(f->other) + sizeof(f->pvh);
	f->other.nh = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 7, .n_type = 6 };
	memcpy(f->other.name, "Xen", 4);
	f->pvh.nh = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 8, .n_type = 18 };
	memcpy(f->pvh.name, "Xen", 4);
	f->eh.e_shoff = offsetof(struct elf_file, sh);
	f->eh.e_shnum = 3;
	f->eh.e_shstrndx = 1;
	f->sh[1].sh_offset = offsetof(struct elf_file, names);
	f->sh[1].sh_size = 16;
	f->sh[2].sh_name = 1;
	memcpy(f->names, "\0.BTF\0.shstrtab", 15);
}

TEST(text_and_short_files_are_no_kernels)
{
	const struct vm_arch *arch = vm_arch_find("x86");
	unsigned char p[0x300] = { 0 };

	EXPECT_EQ(image_detect(arch, "hello", 5), IMAGE_OTHER);
	EXPECT_EQ(image_detect(arch, "", 0), IMAGE_OTHER);
	EXPECT_EQ(image_detect(arch, p, sizeof(p)), IMAGE_OTHER);
	EXPECT_EQ(image_detect(arch, ELFMAG, SELFMAG), IMAGE_OTHER);
}

TEST(elf_of_another_machine_is_no_kernel)
{
	const struct vm_arch *arch = vm_arch_find("x86");
	struct elf_file f;

	elf_make(&f);
	EXPECT_EQ(image_detect(arch, &f, sizeof(f)), IMAGE_ELF);
	f.eh.e_machine = EM_AARCH64;
	EXPECT_EQ(image_detect(arch, &f, sizeof(f)), IMAGE_OTHER);
	f.eh.e_machine = EM_X86_64;
	f.eh.e_type = ET_REL;
	EXPECT_EQ(image_detect(arch, &f, sizeof(f)), IMAGE_OTHER);
	f.eh.e_type = ET_EXEC;
	f.eh.e_ident[EI_CLASS] = ELFCLASS32;
	EXPECT_EQ(image_detect(arch, &f, sizeof(f)), IMAGE_OTHER);
}

TEST(bzimage_payload_is_found)
{
	const struct vm_arch *arch = vm_arch_find("x86");
	unsigned char p[0x500];
	const void *payload = NULL;
	size_t len = 0;

	bzimage_make(p, sizeof(p), 0x100);
	EXPECT_EQ(image_detect(arch, p, sizeof(p)), IMAGE_BZIMAGE);
	ASSERT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), 0);
	EXPECT_EQ((const unsigned char *)payload, &p[PAYLOAD_AT]);
	EXPECT_EQ(len, 0x100);
}

TEST(bzimage_that_is_cut_or_lies_is_refused)
{
	const struct vm_arch *arch = vm_arch_find("x86");
	unsigned char p[0x500];
	const void *payload;
	uint32_t huge = 0xfffffff0;
	size_t len;

	bzimage_make(p, sizeof(p), 0x100);
	EXPECT_EQ(image_payload(arch, p, sizeof(p) - 1, &payload, &len), -EBADMSG);
	EXPECT_EQ(image_payload(arch, p, 0x200, &payload, &len), -EBADMSG);
	memcpy(p + 0x248, &huge, 4);
	EXPECT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), -EBADMSG);
	bzimage_make(p, sizeof(p), huge);
	EXPECT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), -EBADMSG);
	bzimage_make(p, sizeof(p), 0);
	EXPECT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), -EBADMSG);
}

TEST(bzimage_of_an_old_protocol_is_refused)
{
	const struct vm_arch *arch = vm_arch_find("x86");
	unsigned char p[0x500];

	bzimage_make(p, sizeof(p), 0x100);
	p[0x206] = 0x07;
	EXPECT_EQ(image_detect(arch, p, sizeof(p)), IMAGE_OTHER);
}

TEST(pvh_note_is_found_behind_another)
{
	struct elf_file f;

	elf_make(&f);
	EXPECT_TRUE(image_has_pvh(&f, sizeof(f)));
	f.pvh.nh.n_type = 6;
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
	elf_make(&f);
	memcpy(f.pvh.name, "GNU", 4);
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
}

TEST(notes_that_lie_about_their_size_end_the_search)
{
	struct elf_file f;

	elf_make(&f);
	f.other.nh.n_descsz = 0xffffffff;
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
	elf_make(&f);
	f.other.nh.n_namesz = 0xfffffffd;
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
	elf_make(&f);
	f.ph.p_filesz = sizeof(f);
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
	elf_make(&f);
	f.eh.e_phoff = sizeof(f) + 1;
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
	elf_make(&f);
	f.eh.e_phnum = 0xffff;
	f.ph.p_type = PT_LOAD;
	EXPECT_FALSE(image_has_pvh(&f, sizeof(f)));
}

TEST(sections_are_found_by_their_whole_name)
{
	struct elf_file f;

	elf_make(&f);
	EXPECT_TRUE(image_has_section(&f, sizeof(f), ".BTF"));
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BT"));
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BTF.ext"));
}

TEST(uses_of_cmpxchg16b_are_seen)
{
	static const unsigned char shared[] = { 0xf0, 0x48, 0x0f, 0xc7, 0x0f },
		percpu[] = { 0x90, 0x65, 0x48, 0x0f, 0xc7, 0x0e };

	EXPECT_TRUE(image_needs_cx16("\0_kmalloc_nolock_noprof", 23));
	EXPECT_FALSE(image_needs_cx16("\0kmalloc_nolock", 14));
	EXPECT_TRUE(image_has_percpu_cx16(percpu, sizeof(percpu)));
	EXPECT_FALSE(image_has_percpu_cx16(percpu, sizeof(percpu) - 1));
	EXPECT_FALSE(image_has_percpu_cx16(shared, sizeof(shared)));
}

TEST(section_headers_out_of_bounds_are_refused)
{
	struct elf_file f;

	elf_make(&f);
	f.sh[1].sh_size = sizeof(f);
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BTF"));
	elf_make(&f);
	f.eh.e_shstrndx = 3;
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BTF"));
	elf_make(&f);
	f.eh.e_shnum = 0xff00;
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BTF"));
	elf_make(&f);
	f.sh[2].sh_name = 14;
	EXPECT_FALSE(image_has_section(&f, sizeof(f), ".BTF"));
}

/* A flat image, with its magic where the header has it. */
static void arm64_make(unsigned char *p, size_t len)
{
	memset(p, 0, len);
	memcpy(p, "MZ", 2);
	memcpy(p + 0x38, "ARM\x64", 4);
}

TEST(images_of_arm64)
{
	const struct vm_arch *arch = vm_arch_find("arm64");
	unsigned char p[0x500], *gz = (unsigned char *)"\x1f\x8b\x08 and so on";
	const void *payload = NULL;
	size_t len = 0;

	arm64_make(p, sizeof(p));
	EXPECT_EQ(image_detect(arch, p, sizeof(p)), IMAGE_ARM64);
	ASSERT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), 0);
	EXPECT_TRUE(payload == p && len == sizeof(p));
	EXPECT_EQ(image_detect(arch, p, 0x3f), IMAGE_OTHER);
	EXPECT_EQ(image_detect(arch, gz, 14), IMAGE_GZIP);
	ASSERT_EQ(image_payload(arch, gz, 14, &payload, &len), 0);
	EXPECT_TRUE(payload == gz && len == 14);
}

TEST(a_kernel_in_an_efi_application)
{
	const struct vm_arch *arch = vm_arch_find("arm64");
	uint32_t off = 0x200, sz = 0x300;
	unsigned char p[0x500] = "MZ\0\0zimg";
	const void *payload = NULL;
	size_t len = 0;

	memcpy(p + 8, &off, 4);
	memcpy(p + 12, &sz, 4);
	EXPECT_EQ(image_detect(arch, p, sizeof(p)), IMAGE_ZBOOT);
	ASSERT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), 0);
	EXPECT_TRUE(payload == p + 0x200 && len == 0x300);
	sz++;
	memcpy(p + 12, &sz, 4);
	EXPECT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), -EBADMSG);
	off = 0xfffffff0;
	memcpy(p + 8, &off, 4);
	EXPECT_EQ(image_payload(arch, p, sizeof(p), &payload, &len), -EBADMSG);
}

TEST(each_architecture_takes_its_own_images)
{
	const struct vm_arch *x86 = vm_arch_find("x86"), *arm64 = vm_arch_find("arm64");
	unsigned char bz[0x500], flat[0x500];
	struct elf_file f;

	bzimage_make(bz, sizeof(bz), 0x100);
	arm64_make(flat, sizeof(flat));
	elf_make(&f);
	EXPECT_EQ(image_detect(arm64, bz, sizeof(bz)), IMAGE_OTHER);
	EXPECT_EQ(image_detect(x86, flat, sizeof(flat)), IMAGE_OTHER);
	EXPECT_EQ(image_detect(x86, "\x1f\x8b\x08 and so on", 14), IMAGE_OTHER);
	/* QEMU would load it where its virtual addresses are. */
	f.eh.e_machine = EM_AARCH64;
	EXPECT_EQ(image_detect(arm64, &f, sizeof(f)), IMAGE_OTHER);
}

#define BTF_AT		0x44
#define BTF_TYPES	0x20000
#define BTF_STRINGS	0x100

/* 64 KiB and more of types, which nothing looks into, and strings, in an image of @len. */
static unsigned char *btf_image_make(size_t len)
{
	uint32_t header[] = { 0x0001eb9f, 24, 0, BTF_TYPES, BTF_TYPES, BTF_STRINGS };
	unsigned char *p = malloc(len);

	memset(p, 0xaa, len);
	memcpy(p + BTF_AT, header, sizeof(header));
	p[BTF_AT + 24 + BTF_TYPES] = 0;
	p[BTF_AT + 24 + BTF_TYPES + BTF_STRINGS - 1] = 0;
	return p;
}

TEST(btf_is_found_in_a_flat_image)
{
	const size_t btf_sz = 24 + BTF_TYPES + BTF_STRINGS, sz = BTF_AT + btf_sz + 0x100;
	unsigned char *p = btf_image_make(sz);
	const void *btf = NULL;
	size_t len = 0;

	ASSERT_EQ(image_find_btf(p, sz, &btf, &len), 0);
	EXPECT_TRUE(btf == p + BTF_AT);
	EXPECT_EQ(len, btf_sz);
	/* A magic number in front of it that is none. */
	memcpy(p + 8, "\x9f\xeb\x01", 4);
	ASSERT_EQ(image_find_btf(p, sz, &btf, &len), 0);
	EXPECT_TRUE(btf == p + BTF_AT);
	free(p);
}

TEST(what_only_looks_like_btf_is_passed_over)
{
	const size_t sz = BTF_AT + 24 + BTF_TYPES + BTF_STRINGS;
	/* Places in the image, and bytes that belong to no BTF. */
	const struct {
		size_t at;
		unsigned char byte;
	} wrong[] = {
		{ BTF_AT, 0 }, { BTF_AT + 2, 2 }, { BTF_AT + 3, 1 }, { BTF_AT + 4, 23 },
		{ BTF_AT + 7, 1 }, { BTF_AT + 8, 1 }, { BTF_AT + 14, 0xff }, { BTF_AT + 18, 0 },
		{ BTF_AT + 23, 0xff }, { BTF_AT + 24 + BTF_TYPES, 1 }, { sz - 1, 1 },
	};
	const void *btf;
	size_t len, i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		unsigned char *p = btf_image_make(sz);

		p[wrong[i].at] = wrong[i].byte;
		EXPECT_EQ(image_find_btf(p, sz, &btf, &len), -ENOENT)
			TH_LOG("byte 0x%zx", wrong[i].at);
		free(p);
	}
	EXPECT_EQ(image_find_btf("", 0, &btf, &len), -ENOENT);
}

TEST_HARNESS_MAIN
