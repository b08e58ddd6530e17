# From a boot loader to long mode.
#
# Two doors lead in, both in 32-bit protected mode with paging off, flat segments and ebx = physical address of the
# loader's information: multiboot2 (Multiboot2 specification 1.6, section 3.5) and PVH (Xen's x86/HVM direct boot ABI,
# which QEMU and Firecracker speak). The first 4 GiB are mapped one to one, writable, for `machine` to build the real
# tables from; the top GiB, where devices are, uncached.

.set MULTIBOOT2_HEADER, 0xE85250D6
.set XEN_ELFNOTE_PHYS32_ENTRY, 18
.set PVH_MAGIC, 0x336EC578          # what an hvm_start_info begins with

.set PAGE_PRESENT_WRITABLE, 0x3
.set PAGE_UNCACHED, 0x18            # PCD | PWT
.set PAGE_2M, 0x80
.set CR0_PE_MP_NE_WP_PG, 0x80010033 # with ET, which reads as 1
.set CR4_PAE_OSFXSR_OSXMMEXCPT, 0x620
.set MSR_EFER, 0xC0000080
.set EFER_LME_NXE, 0x900

.section .boot.header, "a", @progbits
.balign 8
multiboot2_header:
    .long MULTIBOOT2_HEADER
    .long 0                         # i386
    .long multiboot2_header_end - multiboot2_header
    .long -(MULTIBOOT2_HEADER + (multiboot2_header_end - multiboot2_header))
    .balign 8
    .short 6, 0                     # modules on page boundaries
    .long 8
    .balign 8
    .short 5, 1                     # a picture, if there can be one: the size that is liked best
    .long 20
    .long 1024, 768, 32
    .balign 8
    .short 0, 0                     # end of tags
    .long 8
multiboot2_header_end:

.section .note.Xen, "a", @note
.balign 4
    .long 4                         # size of the name
    .long 8                         # size of the value
    .long XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad pvh_entry

.section .boot.text, "ax", @progbits
.code32
.global pvh_entry
pvh_entry:
    mov esi, PVH_MAGIC
    jmp enter_long_mode
.global multiboot2_entry
multiboot2_entry:
    mov esi, eax                    # the loader's magic number, checked later

enter_long_mode:
    cli
    cld
    mov edi, ebx
    mov esp, offset boot_stack_top

    mov eax, offset boot_pdpt
    or eax, PAGE_PRESENT_WRITABLE
    mov [boot_pml4], eax
    mov ecx, 4
    mov eax, offset boot_directories
    or eax, PAGE_PRESENT_WRITABLE
    mov ebx, offset boot_pdpt
2:  mov [ebx], eax
    add ebx, 8
    add eax, 4096
    loop 2b
    mov ecx, 2048
    mov ebx, offset boot_directories
    mov eax, PAGE_PRESENT_WRITABLE | PAGE_2M
3:  mov [ebx], eax
    cmp eax, 0xC0000000
    jb 4f
    or dword ptr [ebx], PAGE_UNCACHED
4:  add ebx, 8
    add eax, 0x200000
    loop 3b

    mov eax, offset boot_pml4
    mov cr3, eax
    mov eax, CR4_PAE_OSFXSR_OSXMMEXCPT
    mov cr4, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME_NXE
    wrmsr
    mov eax, CR0_PE_MP_NE_WP_PG
    mov cr0, eax
    lgdt [boot_gdtr]
    push 8
    mov eax, offset long_mode
    push eax
    retf

.balign 8
boot_gdt:
    .quad 0
    .quad 0x00AF9A000000FFFF        # 64-bit code
    .quad 0x00CF92000000FFFF        # data
boot_gdtr:
    .short 23
    .long boot_gdt

.code64
long_mode:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    xor eax, eax
    mov fs, ax
    mov gs, ax
    mov rsp, offset boot_stack_top
    mov edi, edi                    # clears the upper halves
    mov esi, esi
    xor ebp, ebp
    call enter
    ud2

.section .bss
.balign 4096
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
boot_directories: .skip 4 * 4096
.global boot_stack_bottom
boot_stack_bottom: .skip 65536
.global boot_stack_top
boot_stack_top:
