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

TEST_HARNESS_MAIN
