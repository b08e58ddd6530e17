# Where an application processor starts: real mode, at the page that the start-up IPI names (Intel SDM vol. 3, 8.4.3).
#
# The code between the two labels is copied to TRAMPOLINE; it may name only itself and what lies below 4 GiB. All
# processors run it at once: each takes a number by `lock xadd` and with it a stack.

.set TRAMPOLINE, 0x8000
.set MSR_EFER, 0xC0000080

.section .rodata.trampoline, "a", @progbits
.global trampoline_start
.global trampoline_end
.code16
trampoline_start:
    cli
    cld
    xor ax, ax
    mov ds, ax
    .set TRAMPOLINE_GDTR, trampoline_gdtr - trampoline_start + TRAMPOLINE
    mov ebx, offset TRAMPOLINE_GDTR
    lgdt [ebx]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    .byte 0x66, 0xEA                # jmp far 24:trampoline_32
    .long trampoline_32 - trampoline_start + TRAMPOLINE
    .short 24
.code32
trampoline_32:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov eax, [TRAMPOLINE_CR3]
    mov cr3, eax
    mov eax, 0x620                  # PAE | OSFXSR | OSXMMEXCPT
    mov cr4, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, 0x900                   # LME | NXE
    wrmsr
    mov eax, 0x80010033             # PG | WP | NE | ET | MP | PE
    mov cr0, eax
    .byte 0xEA                      # jmp far 8:processor_entry
    .long processor_entry
    .short 8
.balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00AF9A000000FFFF        # 64-bit code
    .quad 0x00CF92000000FFFF        # data
    .quad 0x00CF9A000000FFFF        # 32-bit code
trampoline_gdtr:
    .short 31
    .long trampoline_gdt - trampoline_start + TRAMPOLINE
trampoline_end:

.section .text
.code64
processor_entry:
    xor ebp, ebp
    mov edi, 1
    lock xadd dword ptr [PROCESSOR_COUNTER], edi
    mov rax, [PROCESSOR_STACKS]
    mov rsp, [rax + 8 * rdi]
    call processor_start
    ud2
